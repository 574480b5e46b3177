package dev.kvorum.loadtest.wire;

/** The server answered a call with a status other than success. */
public final class GrpcStatusException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int code;

  public GrpcStatusException(int code, String message) {
    super(message);
    this.code = code;
  }

  /** The gRPC status code, never 0 unless the answer broke the protocol. */
  public int code() {
    return code;
  }
}
