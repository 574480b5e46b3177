package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;

/** Serves a method whose requests are one message. */
@FunctionalInterface
interface RpcHandler {
  /**
   * Serves a call whose client has said all it has to say.
   *
   * @param message the request, on memory that nobody changes
   * @throws MalformedRequest when the bytes are not the request's message
   */
  void handle(GrpcCall call, Bytes message) throws MalformedRequest;

  /** The message could not be parsed; the text says why and goes to the client. */
  final class MalformedRequest extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedRequest(String why) {
      super(why, null, false, false);
    }
  }
}
