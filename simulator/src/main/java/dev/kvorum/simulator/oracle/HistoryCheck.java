package dev.kvorum.simulator.oracle;

import dev.kvorum.simulator.client.History;
import dev.kvorum.simulator.world.WrongException;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Result;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a history is linearizable, for every history and in O(n log n).
 *
 * <p>In general that question takes a search, because nobody says in which order the operations
 * took effect. Here somebody does: the committed log orders all writes, the ones with an unknown
 * outcome too, and the revision in every answer says which state it speaks of. What is left is to
 * follow the events once and check that this order explains everything that clients saw:
 *
 * <ul>
 *   <li>every command in the log was asked for before, and is there once;
 *   <li>an answered write was in the log before the answer, after every position that anybody had
 *       been told of when it was asked, and has the answer that the naive model gives there;
 *   <li>a write that was refused for now is never in the log;
 *   <li>a read has the answer that the model gives at <em>one</em> position. That position is
 *       committed when the answer comes and, unless the read is serializable, not before any
 *       position that anybody had been told of when the read was asked.
 * </ul>
 *
 * <p>"Had been told of" is the <em>floor</em>: the highest position that a finished linearizable
 * operation proves. Of several positions that explain a read the lowest counts, because it forbids
 * the least later; so a history is accepted whenever it can be.
 */
public final class HistoryCheck implements History.Reader {
  private static final int NOT_IN_LOG = 0;

  private final History history;
  private final NaiveModel model = new NaiveModel();
  private final Positions positions = new Positions(model.now());
  private int floor;

  /** By operation. */
  private int[] floorAtInvocation = new int[64];

  private int[] positionInLog = new int[64];
  private boolean[] isInvoked = new boolean[64];
  private boolean[] isRefused = new boolean[64];
  private @Nullable Expected[] expected = new Expected[64];

  /** Checks that history as its events are reported, each after it was recorded there. */
  public HistoryCheck(History history) {
    this.history = history;
  }

  /** Checks a whole history; throws {@link WrongException} if the log does not explain it. */
  public static void check(History history) {
    history.replay(new HistoryCheck(history));
  }

  NaiveModel model() {
    return model;
  }

  /** The revision after everything that is committed so far. */
  long revision() {
    return model.revision();
  }

  /** What the store is after so many committed commands. */
  Moment moment(int position) {
    return positions.moment(position);
  }

  @Override
  public void invoked(int operation) {
    if (operation >= isInvoked.length) {
      var size = Math.max(2 * isInvoked.length, operation + 1);
      floorAtInvocation = Arrays.copyOf(floorAtInvocation, size);
      positionInLog = Arrays.copyOf(positionInLog, size);
      isInvoked = Arrays.copyOf(isInvoked, size);
      isRefused = Arrays.copyOf(isRefused, size);
      expected = Arrays.copyOf(expected, size);
    }
    isInvoked[operation] = true;
    floorAtInvocation[operation] = floor;
  }

  @Override
  public void committed(int operation, Command command) {
    committed(operation, command, 0, 0);
  }

  /**
   * The same.
   *
   * @param index of the command's entry
   * @param term of the command's entry
   */
  void committed(int operation, Command command, long index, long term) {
    var answer = model.write(command, index, term);
    positions.add(model.now());
    if (operation == History.NOBODY) {
      return;
    }
    if (operation >= isInvoked.length || !isInvoked[operation]) {
      throw new WrongException(
          "every committed command was asked for", "operation " + operation + ": " + command);
    }
    if (!command.equals(history.command(operation))) {
      throw violation("the log holds what was asked", operation, command);
    }
    if (positionInLog[operation] != NOT_IN_LOG) {
      throw violation("a request takes effect once", operation, positionInLog[operation]);
    }
    if (isRefused[operation]) {
      throw violation("what was refused does not happen later", operation, positions.last());
    }
    positionInLog[operation] = positions.last();
    expected[operation] = answer;
  }

  @Override
  public void completed(int operation) {
    var result =
        InvariantViolation.present(history.result(operation), "a completed operation has a result");
    if (History.isUnknown(result)) {
      return;
    }
    var command = history.command(operation);
    if (Requests.isRead(command)) {
      read(operation, command, result);
    } else {
      write(operation, result);
    }
  }

  private void write(int operation, Result result) {
    var position = positionInLog[operation];
    if (isRefusalForNow(result)) {
      if (position != NOT_IN_LOG) {
        throw violation("what is refused has not happened", operation, position);
      }
      isRefused[operation] = true;
      return;
    }
    if (position == NOT_IN_LOG) {
      throw violation("an answered write is committed", operation, positions.last());
    }
    if (position <= floorAtInvocation[operation]) {
      throw violation(
          "a write comes after what was known when it was asked",
          operation,
          floorAtInvocation[operation]);
    }
    var answer = InvariantViolation.present(expected[operation], "a position has an answer");
    if (!answer.admits(result)) {
      throw violation("a write is answered as the contract says", operation, answer);
    }
    floor = Math.max(floor, position);
  }

  private static boolean isRefusalForNow(Result result) {
    return result instanceof Result.Failed failed
        && failed.failure().kind() == Failure.Kind.NOT_NOW;
  }

  private void read(int operation, Command command, Result result) {
    if (isRefusalForNow(result)) {
      return;
    }
    var isSerializable = Requests.isSerializable(command);
    var from = isSerializable ? 0 : floorAtInvocation[operation];
    var position =
        switch (command) {
          case Command.Range range -> range(operation, range, result, from);
          case Command.Txn txn -> readOnlyTxn(operation, txn, result, from);
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
              throw new IllegalArgumentException("not a read: " + command);
        };
    if (!isSerializable) {
      floor = Math.max(floor, position);
    }
  }

  /** The lowest position, from {@code from} on, at which the model gives this answer. */
  private int range(int operation, Command.Range range, Result result, int from) {
    if (result instanceof Result.Range answer) {
      var position = positionOf(operation, answer.revision(), from);
      var expectation = model.range(range, positions.moment(position));
      if (!expectation.admits(result)) {
        throw violation("a read is answered as the contract says", operation, expectation);
      }
      return position;
    }
    if (result.equals(new Result.Failed(Failure.FUTURE_REVISION))
        && positions.revision(from) < range.revision()) {
      return from;
    }
    if (result.equals(new Result.Failed(Failure.COMPACTED)) && range.revision() > 0) {
      var position = Math.max(from, positions.firstWithCompactRevision(range.revision() + 1));
      if (position <= positions.last()) {
        return position;
      }
    }
    throw violation("a read fails only for a reason", operation, positions.moment(from));
  }

  private int readOnlyTxn(int operation, Command.Txn txn, Result result, int from) {
    if (result instanceof Result.Txn answer) {
      var position = positionOf(operation, answer.revision(), from);
      var expectation = model.readOnlyTxn(txn, positions.moment(position));
      if (!expectation.admits(result)) {
        throw violation("a read is answered as the contract says", operation, expectation);
      }
      return position;
    }
    // A failure names no revision; few positions are possible unless the read was serializable.
    for (var position = from; position <= positions.last(); position++) {
      if (model.readOnlyTxn(txn, positions.moment(position)).admits(result)) {
        return position;
      }
    }
    throw violation("a read fails only for a reason", operation, positions.moment(from));
  }

  /**
   * The lowest position from {@code from} on whose state has the revision. A later one with the
   * same revision differs in the compact revision alone, which lets fewer reads succeed.
   */
  private int positionOf(int operation, long revision, int from) {
    var first = positions.firstWithRevision(revision);
    if (first > positions.last() || positions.revision(first) != revision) {
      throw violation(
          "a read sees only what is committed", operation, positions.moment(positions.last()));
    }
    var position = Math.max(first, from);
    if (positions.revision(position) != revision) {
      throw violation("a linearizable read is not stale", operation, positions.moment(from));
    }
    return position;
  }

  private WrongException violation(String rule, int operation, Object against) {
    return new WrongException(
        rule, history.describe(operation) + "; against " + against + ", floor " + floor);
  }
}
