package dev.kvorum.grpc;

import dev.kvorum.storage.model.Failure;
import dev.kvorum.verticles.service.ErrorTable;

/**
 * How a call ended.
 *
 * @param message what the client reads; empty for {@link #OK}
 */
public record GrpcStatus(GrpcCode code, String message) {
  public static final GrpcStatus OK = new GrpcStatus(GrpcCode.OK, "");

  /** The client went away; nobody reads this, but it is counted. */
  public static final GrpcStatus CANCELED = new GrpcStatus(GrpcCode.CANCELED, "context canceled");

  /** The client's own deadline passed (contract S21.5). */
  public static final GrpcStatus DEADLINE_EXCEEDED = of(Failure.DEADLINE_EXCEEDED);

  /** The status for the failure, by the one table. */
  public static GrpcStatus of(Failure failure) {
    var error = ErrorTable.of(failure);
    return new GrpcStatus(GrpcCode.of(error.code()), error.text());
  }

  static GrpcStatus internal(String message) {
    return new GrpcStatus(GrpcCode.INTERNAL, message);
  }

  static GrpcStatus unimplemented(String message) {
    return new GrpcStatus(GrpcCode.UNIMPLEMENTED, message);
  }
}
