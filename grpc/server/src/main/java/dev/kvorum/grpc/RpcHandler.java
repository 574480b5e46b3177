package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.MalformedProto;

/** Serves a method whose requests are one message. */
@FunctionalInterface
interface RpcHandler {
  /**
   * Serves a call whose client has said all it has to say.
   *
   * @param message the request, on memory that nobody changes
   * @throws MalformedProto when the bytes are not the request's message
   */
  void handle(GrpcCall call, Bytes message) throws MalformedProto;
}
