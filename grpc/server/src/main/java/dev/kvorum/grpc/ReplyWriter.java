package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;

/** Writes the answer of one call: head, messages, trailers. */
interface ReplyWriter {
  /** Head, the only message, and trailers that say that all went well. */
  void reply(Bytes message);

  /** The head if it is the first, and one message. */
  void send(Bytes message);

  /** Trailers, in one frame with the head when nothing was sent before. */
  void finish(GrpcStatus status);

  boolean isWritable();

  void onDrain(Runnable action);
}
