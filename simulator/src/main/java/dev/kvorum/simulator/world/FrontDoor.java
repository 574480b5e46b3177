package dev.kvorum.simulator.world;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.CommandCodec;
import dev.kvorum.storage.model.Envelope;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.ReadPlan;
import dev.kvorum.storage.mvcc.RequestCheck;
import dev.kvorum.storage.mvcc.StoreView;
import dev.kvorum.verticles.stage.Answer;
import dev.kvorum.verticles.stage.RequestId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What the server's front end does, on a member's own loop: it checks a request, collects proposals
 * into one batch a turn, and lets reads that wait share a round.
 */
final class FrontDoor {
  /** What the front door needs of its member. */
  interface Shell {
    /** Calls {@link #flush} in a later turn. */
    void flushLater();

    /** Calls {@link #startRound} in a later turn. */
    void startRoundLater();

    void propose(long firstRequestId, List<Bytes> envelopes);

    /** The request has this id in the log from now on. */
    void proposed(Request request, long requestId);

    void askRound(long round);

    boolean readsNeedNoRound();

    StoreView view();

    Bytes record(Revision revision);

    void reply(Request request, Result result);
  }

  private static final int MAX_TXN_OPS = 128;

  /** Only one loop has clients here. */
  static final int LOOP = 0;

  private final Shell shell;
  private final int life;

  /** Proposals without an answer, by their count; never iterated. */
  private final Map<Long, Consumer<Result>> proposed = new HashMap<>();

  private List<Bytes> batch = new ArrayList<>();
  private long batchFirst;
  private long nextCount;

  /** Who waits for a round: each hears whether it was confirmed. */
  private List<Consumer<Boolean>> gathering = new ArrayList<>();

  private List<Consumer<Boolean>> confirming = List.of();
  private long round;
  private boolean running;

  FrontDoor(Shell shell, int life) {
    this.shell = shell;
    this.life = life;
  }

  /** A request has arrived. */
  void request(Request request) {
    var command = request.command();
    var refusal = RequestCheck.check(command, MAX_TXN_OPS);
    if (refusal != null) {
      shell.reply(request, new Result.Failed(refusal));
      return;
    }
    if (!isRead(command)) {
      propose(request);
    } else if (isSerializable(command)) {
      read(request);
    } else {
      confirm(
          confirmed -> {
            if (confirmed) {
              read(request);
            } else {
              shell.reply(request, new Result.Failed(Failure.TIMEOUT));
            }
          });
    }
  }

  /** Hears when everything is applied that was committed by now, or that this cannot be known. */
  void confirm(Consumer<Boolean> answer) {
    if (shell.readsNeedNoRound()) {
      answer.accept(true);
      return;
    }
    gathering.add(answer);
    if (!running) {
      running = true;
      shell.startRoundLater();
    }
  }

  private static boolean isRead(Command command) {
    return command instanceof Command.Range
        || (command instanceof Command.Txn txn && RequestCheck.isReadOnly(txn));
  }

  private static boolean isSerializable(Command command) {
    return switch (command) {
      case Command.Range range -> range.serializable();
      case Command.Txn txn -> RequestCheck.isSerializable(txn);
      case Command.Put _,
          Command.DeleteRange _,
          Command.Compact _,
          Command.Alarm _,
          Command.PublishMember _,
          Command.SetClusterVersion _,
          Command.LeaseGrant _,
          Command.LeaseRevoke _,
          Command.LeaseExpire _,
          Command.LeaseCheckpoint _ ->
          false;
    };
  }

  private void propose(Request request) {
    shell.proposed(request, RequestId.of(life, LOOP, nextCount));
    propose(request.command(), result -> shell.reply(request, result));
  }

  /**
   * Proposes a command of the member's own, or a client's.
   *
   * @return by which it can be given up
   */
  long propose(Command command, Consumer<Result> answer) {
    if (batch.isEmpty()) {
      batchFirst = nextCount;
      shell.flushLater();
    }
    var count = nextCount++;
    var requestId = RequestId.of(life, LOOP, count);
    proposed.put(count, answer);
    var body = CommandCodec.encode(command);
    batch.add(new Envelope(Envelope.Kind.of(command), requestId, "", 0, body).encode());
    return count;
  }

  /** Nobody waits any longer for the answer of that proposal: it may take effect or not. */
  void giveUp(long count) {
    var waiting = proposed.remove(count);
    if (waiting != null) {
      waiting.accept(new Result.Failed(Failure.TIMEOUT));
    }
  }

  /** The turn is over: what it collected goes to Raft together. */
  void flush() {
    var proposals = batch;
    batch = new ArrayList<>();
    shell.propose(RequestId.of(life, LOOP, batchFirst), proposals);
  }

  /** The store's answers to this life's proposals. */
  void answered(List<Answer> answers) {
    for (var answer : answers) {
      settle(answer.requestId(), answer.result());
    }
  }

  /** These proposals did not enter the log. */
  void refused(long firstRequestId, int count, Failure failure) {
    for (var i = 0; i < count; i++) {
      settle(firstRequestId + i, new Result.Failed(failure));
    }
  }

  private void settle(long requestId, Result result) {
    var waiting = proposed.remove(RequestId.count(requestId, nextCount));
    if (waiting != null) {
      waiting.accept(result);
    }
  }

  void startRound() {
    confirming = gathering;
    gathering = new ArrayList<>();
    round++;
    shell.askRound(round);
  }

  long round() {
    return round;
  }

  /** The reads of the round may run. */
  void roundReady(long ended) {
    if (isUnderWay(ended)) {
      endRound().forEach(each -> each.accept(true));
    }
  }

  /** No answer came for the round. */
  void roundTimedOut(long ended) {
    if (isUnderWay(ended)) {
      endRound().forEach(each -> each.accept(false));
    }
  }

  /** Not while the next one is about to start, which has no number yet. */
  private boolean isUnderWay(long which) {
    return which == round && !confirming.isEmpty();
  }

  private List<Consumer<Boolean>> endRound() {
    var ended = confirming;
    confirming = List.of();
    if (gathering.isEmpty()) {
      running = false;
    } else {
      shell.startRoundLater();
    }
    return ended;
  }

  private void read(Request request) {
    var view = shell.view();
    InvariantViolation.check(view.tryHold(), "the newest published view can be held");
    var result = plan(view, request.command()).finish(shell::record);
    view.release();
    shell.reply(request, result);
  }

  private static ReadPlan plan(StoreView view, Command command) {
    return command instanceof Command.Txn txn ? view.plan(txn) : view.plan((Command.Range) command);
  }
}
