package dev.kvorum.verticles.service;

import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.RangeMessage;
import dev.kvorum.storage.mvcc.LongRange;
import dev.kvorum.storage.mvcc.RangePiece;
import dev.kvorum.verticles.service.Ledger.Account;
import dev.kvorum.verticles.stage.WorkPace;
import io.vertx.core.Context;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Answers ranges that are too long to be held, on one loop. The index says how long each message
 * will be, so it is begun before a record was read, and then made piece by piece, each when the
 * client has taken those before it.
 *
 * <p>The work is done on the threads that may wait for a disk: they walk the index, read records
 * and put them in order, so that the loop has nothing to do but to send. One piece is chosen after
 * the other, and two are filled at a time. Between two pieces an answer holds its pin and its
 * reservation and nothing else; the newest view of the index shows the pinned revision as well as
 * any.
 *
 * <p>Where those threads could have every processor, a very long answer rests while somebody puts
 * ({@link WorkPace}).
 *
 * <p>An answer begins when the ledger has room for it, and waits for that as long as a request may
 * take. It ends with its client: at the deadline, when the client leaves, and when it takes nothing
 * for a while, because its pin holds compactions up.
 */
final class LongReads {
  /** Keys measured in one job; some hundred microseconds. */
  private static final int LOOK_KEYS = 8_192;

  /** The memory of a piece; only one with a record that is larger takes more. */
  static final int PIECE_BYTES = PieceMemory.BYTES;

  /** Where a piece is complete, so that the record that goes beyond it nearly always fits. */
  private static final int FULL_PIECE_BYTES = PIECE_BYTES - (16 << 10);

  private static final int PIECE_KEYS = 1_024;

  /** Pieces that are made at a time, on as many threads. */
  private static final int MOST_MAKERS = 2;

  /** Whether those threads could have every processor. */
  private static final boolean MAKERS_REST =
      Runtime.getRuntime().availableProcessors() <= MOST_MAKERS;

  /** An answer of some 7 MiB is not worth a rest. */
  private static final int PIECES_WITHOUT_REST = 64;

  /** Pieces that are made or being made before the transport has room for them. */
  private static final int PIECES_AHEAD = 3;

  /** Pieces at a time: those, and as many in the transport's queue. */
  private static final int PIECES_HELD = 2 * PIECES_AHEAD;

  /** How long a client may leave the transport's queue full. */
  private static final long STALL_MILLIS = 60_000;

  /** How soon those who wait for room look again: other loops give room back without a word. */
  private static final long LOOK_AGAIN_MILLIS = 20;

  private final NodeContext node;
  private final Context context;

  /** Those who wait for room, in the order in which they came. */
  private final ArrayDeque<Answer> waiting = new ArrayDeque<>();

  private final PieceMemory memory = new PieceMemory(2 * PIECES_HELD);

  /** Of the makers of all answers; guarded by itself. */
  private final WorkPace pace;

  private boolean lookingAgain;
  private boolean stopped;

  LongReads(NodeContext node, Context context) {
    this.node = node;
    this.context = context;
    pace = WorkPace.ofLists(node.applied().appliedIndex(), System.nanoTime());
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

  /** On a thread that may block, for which other long answers and long transactions wait. */
  private void rest(long workedNanos) {
    if (MAKERS_REST) {
      long rest;
      synchronized (pace) {
        rest = pace.restNanos(workedNanos, node.applied().appliedIndex(), System.nanoTime());
      }
      LockSupport.parkNanos(rest);
    }
  }

  /**
   * Some key-values of a message.
   *
   * @param number its place among all pieces of the answer, from 0
   * @param isLast whether it ends the message
   * @param room the memory that it took, in which its fields are unless they had no room there
   */
  private record Piece(long number, boolean isLast, ByteBuffer fields, ByteBuffer room) {}

  /** One answer on its way. On the loop, but for what {@link #work} is given. */
  private final class Answer {
    private final LongRange range;
    private final long deadlineNanos;
    private final long admitUntilNanos;
    private final Service.RangeSink sink;
    private long reservedBytes;
    private NodeContext.@Nullable PinnedState pinned;
    private boolean isLast;

    /** By number: pieces that are made, and places for those that are not yet. */
    private final @Nullable Piece[] made = new @Nullable Piece[PIECES_AHEAD];

    /** Whose turn it is to be sent. */
    private long nextSent;

    /** How many pieces are being made, and may be. */
    private int making;

    private int makers;

    /** No key of the message is left to be chosen. */
    private boolean allChosen;

    /** The number of the piece that is chosen next; guarded by the range. */
    private long nextChosen;

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
      var extraBytes = (1 + PIECES_AHEAD) * (long) message.largestBytes() - reservedBytes;
      if (extraBytes > 0 && !reserve(extraBytes)) {
        fail(Failure.TOO_MANY_REQUESTS);
        return;
      }
      isLast = message.isLast();
      makers = message.keyValueBytes() > FULL_PIECE_BYTES ? MOST_MAKERS : 1;
      allChosen = range.isComplete();
      sink.begin(message);
      goOn();
    }

    /** Keeps both sides busy: while the transport takes pieces, those behind them are made. */
    private void goOn() {
      // What is being made needs the pin, so nothing ends before it is there.
      if (making > 0 ? mustEnd() : isOver()) {
        return;
      }
      makeAhead();
      for (var piece = nextMade(); piece != null && sink.isWritable(); piece = nextMade()) {
        send(piece);
        makeAhead();
      }
      if (nextMade() != null) {
        whenWritable(this::goOn);
      } else if (making == 0) {
        messageEnded();
      }
    }

    private @Nullable Piece nextMade() {
      return made[place(nextSent)];
    }

    /** Pieces from the next to be sent on are fewer than there are places. */
    private static int place(long number) {
      return (int) (number % PIECES_AHEAD);
    }

    private void makeAhead() {
      while (!allChosen && making < makers && making + waiting() < PIECES_AHEAD) {
        make();
      }
    }

    /** Pieces that are made and wait to be sent. */
    private int waiting() {
      var count = 0;
      for (var piece : made) {
        count += piece == null ? 0 : 1;
      }
      return count;
    }

    private void make() {
      making++;
      var room = memory.take();
      work(
          () -> {
            var began = System.nanoTime();
            var piece = piece(room);
            var worked = System.nanoTime() - began;
            onLoop(
                () -> {
                  making--;
                  if (piece == null) {
                    allChosen = true;
                    memory.giveBack(room);
                  } else {
                    allChosen |= piece.isLast();
                    made[place(piece.number())] = piece;
                  }
                  goOn();
                });
            if (piece != null && piece.number() >= PIECES_WITHOUT_REST) {
              rest(worked);
            }
          });
    }

    /** On a thread that may block; null if no key is left. */
    private @Nullable Piece piece(ByteBuffer room) {
      long number;
      RangePiece chosen;
      boolean isLastPiece;
      synchronized (range) {
        if (range.isComplete()) {
          return null;
        }
        number = nextChosen++;
        chosen = nextKeys();
        isLastPiece = range.isComplete();
      }
      chosen.begin(chosen.size() <= room.capacity() ? room : ByteBuffer.allocate(chosen.size()));
      node.reader().fill(chosen);
      return new Piece(number, isLastPiece, chosen.fields(), room);
    }

    private RangePiece nextKeys() {
      try (var held = node.hold()) {
        return range.next(held.state().kv(), PIECE_KEYS, FULL_PIECE_BYTES);
      }
    }

    private void send(Piece piece) {
      made[place(nextSent++)] = null;
      sink.keyValues(piece.fields(), () -> memory.giveBack(piece.room()));
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
      var failure = failure();
      if (failure != null) {
        fail(failure);
      }
      return failure != null;
    }

    private boolean mustEnd() {
      return sink.isClosed() || failure() != null;
    }

    private @Nullable Failure failure() {
      if (stopped) {
        return Failure.STOPPED;
      }
      if (hasStalled) {
        return Failure.TOO_MANY_REQUESTS;
      }
      return deadlineNanos != CallContext.NO_DEADLINE && deadlineNanos - System.nanoTime() <= 0
          ? Failure.DEADLINE_EXCEEDED
          : null;
    }

    private void fail(Failure failure) {
      release();
      sink.failed(failure);
    }

    private void release() {
      unpin();
      for (var place = 0; place < made.length; place++) {
        var piece = made[place];
        if (piece != null) {
          memory.giveBack(piece.room());
          made[place] = null;
        }
      }
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
