package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.MalformedProto;

/** Serves a method whose client sends messages for as long as it likes. */
@FunctionalInterface
interface StreamHandler {
  /** A call began; what the client says from now on goes to what is returned. */
  Incoming open(GrpcCall call);

  /** The client's side of one call. */
  interface Incoming {
    /**
     * The next message, on memory that nobody changes.
     *
     * @throws MalformedProto when the bytes are not the method's message; the call ends
     */
    void message(Bytes message) throws MalformedProto;

    /** The client has said all it has to say; the call goes on until somebody ends it. */
    void halfClosed();
  }
}
