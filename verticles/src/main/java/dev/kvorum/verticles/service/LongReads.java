package dev.kvorum.verticles.service;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.RangeMessage;
import dev.kvorum.storage.mvcc.LongRange;
import dev.kvorum.storage.mvcc.RangePiece;
import dev.kvorum.verticles.service.Ledger.Account;
import io.vertx.core.Context;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Answers ranges that are too long to be held, on one loop. The index says how long each message
 * will be, so it is begun before a record was read, and then made piece by piece, each when the
 * client has taken those before it.
 *
 * <p>The work is done on the threads that may wait for a disk: they walk the index, read records
 * and put them in order, so that the loop has nothing to do but to send. Between two pieces an
 * answer holds its pin and its reservation and nothing else; the newest view of the index shows the
 * pinned revision as well as any.
 *
 * <p>An answer begins when the ledger has room for it, and waits for that as long as a request may
 * take. It ends with its client: at the deadline, when the client leaves, and when it takes nothing
 * for a while, because its pin holds compactions up.
 */
final class LongReads {
  /** Keys measured in one job; some hundred microseconds. */
  private static final int LOOK_KEYS = 2_048;

  /** A piece is complete with this many bytes, or with one record that is larger. */
  static final int PIECE_BYTES = 128 << 10;

  private static final int PIECE_KEYS = 1_024;

  /** Pieces that are made before the transport has room for them. */
  private static final int PIECES_AHEAD = 2;

  /** Pieces at a time: being made, made, and as many in the transport's queue. */
  private static final int PIECES_HELD = 2 * (1 + PIECES_AHEAD);

  /** How long a client may leave the transport's queue full. */
  private static final long STALL_MILLIS = 60_000;

  /** How soon those who wait for room look again: other loops give room back without a word. */
  private static final long LOOK_AGAIN_MILLIS = 20;

  private final NodeContext node;
  private final Context context;

  /** Those who wait for room, in the order in which they came. */
  private final ArrayDeque<Answer> waiting = new ArrayDeque<>();

  private boolean lookingAgain;
  private boolean stopped;

  LongReads(NodeContext node, Context context) {
    this.node = node;
    this.context = context;
  }

  /** One message, however long. */
  void unary(Command.Range range, CallContext call, Service.RangeSink sink) {
    admit(new Answer(LongRange.unary(range), call.deadlineNanos(), sink));
  }

  /** Several messages (contract S3). A compaction may end it between two of them. */
  void stream(Command.Range range, CallContext call, Service.RangeSink sink) {
    var messages = LongRange.stream(range, node.limits().maxRequestBytes());
    admit(new Answer(messages, call.deadlineNanos(), sink));
  }

  /** No answer goes on. */
  void stop() {
    stopped = true;
    admitWaiting();
  }

  private void admit(Answer answer) {
    waiting.add(answer);
    admitWaiting();
  }

  private void admitWaiting() {
    while (!waiting.isEmpty() && waiting.getFirst().isDecided()) {
      waiting.removeFirst();
    }
    if (!waiting.isEmpty() && !lookingAgain) {
      lookingAgain = true;
      context
          .owner()
          .setTimer(
              LOOK_AGAIN_MILLIS,
              _ -> {
                lookingAgain = false;
                admitWaiting();
              });
    }
  }

  /** One answer on its way. On the loop, but for what {@link #work} is given. */
  private final class Answer {
    private final LongRange range;
    private final long deadlineNanos;
    private final long admitUntilNanos;
    private final Service.RangeSink sink;
    private long reservedBytes;
    private NodeContext.@Nullable PinnedState pinned;
    private boolean isLast;

    /** Pieces that the transport has no room for yet. */
    private final ArrayDeque<Bytes> made = new ArrayDeque<>(PIECES_AHEAD);

    /** Whether another one is being made. */
    private boolean making;

    /** What waits for the transport to have room. */
    private @Nullable Runnable whenDrained;

    private boolean hasStalled;

    Answer(LongRange range, long deadlineNanos, Service.RangeSink sink) {
      this.range = range;
      this.deadlineNanos = deadlineNanos;
      this.sink = sink;
      admitUntilNanos = System.nanoTime() + node.limits().requestTimeoutNanos();
    }

    /** Begins if there is room; false when it has to wait further. */
    boolean isDecided() {
      if (isOver()) {
        return true;
      }
      if (reserve(PIECES_HELD * PIECE_BYTES)) {
        beginMessage();
        return true;
      }
      if (admitUntilNanos - System.nanoTime() > 0) {
        return false;
      }
      fail(Failure.TOO_MANY_REQUESTS);
      return true;
    }

    private boolean reserve(long bytes) {
      if (!node.ledger().tryReserve(Account.ANSWERS, bytes)) {
        return false;
      }
      reservedBytes += bytes;
      return true;
    }

    private void beginMessage() {
      if (isOver()) {
        return;
      }
      var pinnedState = node.pin();
      pinned = pinnedState;
      var failure = range.begin(pinnedState.state().kv());
      var _ = pinnedState.withoutIndex();
      if (failure == null) {
        measure();
      } else {
        fail(failure);
      }
    }

    private void measure() {
      work(
          () -> {
            var message = measureOn();
            onLoop(
                () -> {
                  if (message != null) {
                    measured(message);
                  } else if (!isOver()) {
                    measure();
                  }
                });
          });
    }

    /** On a thread that may block. */
    private @Nullable RangeMessage measureOn() {
      try (var held = node.hold()) {
        return range.measure(held.state().kv(), LOOK_KEYS);
      }
    }

    private void measured(RangeMessage message) {
      if (isOver()) {
        return;
      }
      // A record is not divided: with large ones there is more to hold.
      var extraBytes = (2 + PIECES_AHEAD) * (long) message.largestBytes() - reservedBytes;
      if (extraBytes > 0 && !reserve(extraBytes)) {
        fail(Failure.TOO_MANY_REQUESTS);
        return;
      }
      isLast = message.isLast();
      sink.begin(message);
      goOn();
    }

    /** Keeps both sides busy: while the transport takes pieces, those behind them are made. */
    private void goOn() {
      // What is being made needs the pin, so nothing ends before it is there.
      if (!making && isOver()) {
        return;
      }
      while (!made.isEmpty() && sink.isWritable()) {
        sink.keyValues(made.removeFirst());
      }
      if (!making && !range.isComplete() && made.size() < PIECES_AHEAD) {
        make();
      }
      if (!made.isEmpty()) {
        whenWritable(this::goOn);
      } else if (!making) {
        messageEnded();
      }
    }

    private void make() {
      making = true;
      work(
          () -> {
            var piece = piece();
            onLoop(
                () -> {
                  making = false;
                  made.add(piece);
                  goOn();
                });
          });
    }

    /** On a thread that may block. */
    private Bytes piece() {
      var piece = nextKeys();
      node.reader().fill(piece);
      return piece.toBytes();
    }

    private RangePiece nextKeys() {
      try (var held = node.hold()) {
        return range.next(held.state().kv(), PIECE_KEYS, PIECE_BYTES);
      }
    }

    private void messageEnded() {
      unpin();
      if (isLast) {
        sink.end();
        release();
      } else {
        whenWritable(this::beginMessage);
      }
    }

    private void whenWritable(Runnable action) {
      if (sink.isWritable()) {
        action.run();
        return;
      }
      var waits = whenDrained != null;
      whenDrained = action;
      if (!waits) {
        var timer = context.owner().setTimer(STALL_MILLIS, _ -> stalled());
        sink.onDrain(() -> drained(timer));
      }
    }

    private void drained(long timer) {
      context.owner().cancelTimer(timer);
      var action = whenDrained;
      whenDrained = null;
      if (action != null) {
        action.run();
      }
    }

    private void stalled() {
      hasStalled = true;
      goOn();
    }

    /** Whether nobody waits for this answer any more; then everything is given back. */
    private boolean isOver() {
      if (sink.isClosed()) {
        release();
        return true;
      }
      if (stopped) {
        fail(Failure.STOPPED);
        return true;
      }
      if (hasStalled) {
        fail(Failure.TOO_MANY_REQUESTS);
        return true;
      }
      if (deadlineNanos != CallContext.NO_DEADLINE && deadlineNanos - System.nanoTime() <= 0) {
        fail(Failure.DEADLINE_EXCEEDED);
        return true;
      }
      return false;
    }

    private void fail(Failure failure) {
      release();
      sink.failed(failure);
    }

    private void release() {
      unpin();
      if (reservedBytes > 0) {
        node.ledger().release(Account.ANSWERS, reservedBytes);
        reservedBytes = 0;
        context.runOnContext(_ -> admitWaiting());
      }
    }

    private void unpin() {
      if (pinned != null) {
        pinned.close();
        pinned = null;
      }
    }

    private void work(Runnable job) {
      node.reader().runOfRange(job);
    }

    private void onLoop(Runnable action) {
      context.runOnContext(_ -> action.run());
    }
  }
}
