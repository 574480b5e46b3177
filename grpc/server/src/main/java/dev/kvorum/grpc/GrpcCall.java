package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.verticles.service.CallContext;
import java.nio.ByteBuffer;

/**
 * One call, as its handler sees it: all that the transport looks like from inside. Used on the
 * connection's loop only.
 *
 * <p>A call ends once: by {@link #reply}, by {@link #finish}, when its deadline passes or when the
 * client leaves. What is sent after the end is dropped, so a handler may answer late without
 * asking.
 */
public interface GrpcCall {
  RpcMethod method();

  CallContext context();

  /** Sends the only message and ends the call well. */
  void reply(Bytes message);

  /** Sends one message of several. */
  void send(Bytes message);

  /**
   * Sends one message of several, in two parts one after the other. The second is not copied when
   * it is large: it may belong to many calls.
   */
  void send(Bytes head, Bytes tail);

  /**
   * Sends one message of several, in three parts: the watcher's id stands between the first and the
   * second as the field of a watch response. It may stay here until {@link #flushEvents}, so that
   * the messages of one turn to all streams of a connection are one write.
   */
  void sendEvents(Bytes start, long watchId, Bytes events);

  /** Sends what {@link #sendEvents} left here. */
  void flushEvents();

  /** Lets the client's messages wait with the client; a few more may come. */
  void pauseInput();

  void resumeInput();

  /** Begins one message of several, or the only one, that is sent in parts. */
  void begin(int messageSize);

  /** Sends the next part of the message that was begun, which ends where was said. */
  void part(Bytes part);

  /**
   * The same for a part that is not copied where that can be avoided.
   *
   * @param part from position to limit; it stays as it is until the action runs
   * @param whenGone runs once, when nobody here looks at the part any more
   */
  void part(ByteBuffer part, Runnable whenGone);

  /**
   * Ends the call. Inside of a message that was begun there is no status to give any more: the
   * stream is reset, with a code that says as much as one can.
   */
  void finish(GrpcStatus status);

  /** True once the call ended, whoever ended it. */
  boolean isClosed();

  /** False while the transport holds as much as it should. */
  boolean isWritable();

  /** Runs the action once the transport accepts messages again; a later action replaces it. */
  void onDrain(Runnable action);

  /** Runs the action when the call ends, whoever ends it. */
  void onClose(Runnable action);
}
