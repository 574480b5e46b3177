package dev.kvorum.verticles.service;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.LeaseAsk;
import dev.kvorum.storage.model.RangeMessage;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.watch.WatchRequest;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * What gRPC, HTTP and the event-bus API call. There is one instance a front-end event loop: its
 * methods are called on that loop, never block, and answer on that loop, exactly once a call and
 * possibly before the method returns.
 */
public interface Service {
  /**
   * Runs a command. A read is linearizable unless it asks to be serializable; a write's result
   * arrives when the write is durable on a quorum and applied.
   *
   * @param command the decoded request
   * @param body the request's own protobuf bytes, which become the body of the log entry as they
   *     are; ignored for reads. They must not change afterwards
   * @param call what is known of the call beside its message; at its deadline the answer is {@link
   *     Failure#DEADLINE_EXCEEDED}, whatever becomes of the command
   * @param answer gets the result, or {@link Result.Failed}
   */
  void call(Command command, Bytes body, CallContext call, Consumer<Result> answer);

  /**
   * Reads a range (contract S2) whose answer may have any size: a long one is made piece by piece,
   * as the client takes it, and is never held. {@link #call} gives the same answer at once.
   */
  void range(Command.Range range, CallContext call, RangeSink sink);

  /**
   * Reads a range in several messages (contract S3). The same checks and errors as a unary range,
   * and the two refusals of S3.1.
   */
  void stream(Command.Range range, CallContext call, RangeSink sink);

  /**
   * What the node's work occupies in memory; an edge counts what it keeps of its clients' there.
   */
  Ledger ledger();

  /**
   * Asks whoever keeps the leases' time (contract S10.5 to S10.8).
   *
   * @param answer gets the result of the question's own kind, or {@link Result.Failed}
   */
  void lease(LeaseAsk ask, CallContext call, Consumer<Result> answer);

  /**
   * Begins a watch stream (contract S9).
   *
   * @param sink gets the stream's messages, in order, until the stream is closed
   * @return the client's side, or the reason why there is none
   */
  WatchOpening watch(CallContext call, WatchSink sink);

  /** Calls that concern this member or the cluster rather than keys. */
  Maintenance maintenance();

  /** Who answers: for every response header. */
  Identity identity();

  /** This member's present term, for response headers (contract S20.1). */
  long raftTerm();

  /** Whether this member knows of a leader at the moment (contract S22.2). */
  boolean hasLeader();

  /** Present store revision of this member's applied state. */
  long revision();

  /**
   * Where a range goes; called on the loop. Either {@link #answer} is called once, or a message
   * begins and its key-values follow, as often as there are messages, and then comes {@link #end}.
   * Either may be ended by {@link #failed}.
   */
  interface RangeSink {
    /** The whole answer, which is short. */
    void answer(Result.Range result);

    /** A message begins: the only one of a unary range, or one of several. */
    void begin(RangeMessage message);

    /**
     * The next key-values of the message, as fields of it.
     *
     * @param fields from position to limit; they stay as they are until the action runs
     * @param whenGone runs once and on the loop, when nobody looks at the fields any more
     */
    void keyValues(ByteBuffer fields, Runnable whenGone);

    /** The last message is complete. */
    void end();

    /** There is no answer, or none to the end. */
    void failed(Failure failure);

    /** False while the transport's queue is full; the service pauses until {@link #onDrain}. */
    boolean isWritable();

    /** Runs the action once the transport accepts data again or the client is gone. */
    void onDrain(Runnable action);

    /** True once the client went away; the service stops reading. */
    boolean isClosed();
  }

  /** How a watch stream began. */
  sealed interface WatchOpening permits WatchStream, WatchRefused {}

  /** There is no stream. */
  record WatchRefused(Failure failure) implements WatchOpening {}

  /** The client's side of a watch stream; used on the loop. */
  non-sealed interface WatchStream extends WatchOpening {
    void request(WatchRequest request);

    /** The client is gone: nothing is sent any more. Calling it again does no harm. */
    void close();
  }

  /** Where a watch stream's messages go; called on the loop. */
  interface WatchSink {
    /**
     * One message, in parts that are not copied together: the first and the last belong to many.
     * Nothing need leave before {@link #flush}.
     *
     * @param watchId between the two as the response's field, unless it is 0
     */
    void send(Bytes start, long watchId, Bytes events);

    /** The messages of this turn are complete. */
    void flush();

    /** False while the transport's queue is full. */
    boolean isWritable();

    /** Runs the action once the transport accepts data again, or the stream has ended. */
    void onDrain(Runnable action);

    /**
     * The client asks faster than it is served: its requests wait with it. A few may still come.
     */
    void pauseRequests();

    void resumeRequests();
  }

  /** The ids in every response header (contract S14.1). */
  record Identity(long clusterId, long memberId) {}
}
