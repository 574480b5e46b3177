package dev.kvorum.simulator.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.simulator.client.History;
import dev.kvorum.simulator.world.WrongException;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Command.Compare;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.Result;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The classic anomalies, each as the shortest history that has it. Both checks must refuse them,
 * the search without looking at the log.
 */
final class KnownBadHistoriesTest {
  private static final Bytes KEY = Bytes.utf8("k");
  private static final Result.Range NOTHING = new Result.Range(1, List.of(), false, 0);

  private final History history = new History();
  private long time;

  private static Command.Put put(String value) {
    return new Command.Put(KEY, Bytes.utf8(value), 0, false, false, false);
  }

  private static Command.Range get() {
    return new Command.Range(KEY, Bytes.EMPTY, 0, 0, 0, 0, false, false, false, 0, 0, 0, 0);
  }

  private static Command.Txn putIfModRevision(long modRevision, String value) {
    var guard = new Compare(Compare.EQUAL, Compare.MOD, KEY, Bytes.EMPTY, modRevision, Bytes.EMPTY);
    return new Command.Txn(List.of(guard), List.of(put(value)), List.of());
  }

  private static Result.Put written(long revision) {
    return new Result.Put(revision, null);
  }

  private static Result.Txn writtenByTxn(long revision) {
    return new Result.Txn(revision, true, List.of(written(revision)));
  }

  private static Result.Range found(long revision, long version, String value) {
    var created = revision - version + 1;
    var kv = KeyValueCodec.encode(KEY, created, revision, version, Bytes.utf8(value), 0);
    return new Result.Range(revision, List.of(kv), false, 1);
  }

  private int begin(Command command) {
    return history.invoke(0, command, time++);
  }

  private void end(int operation, Result result) {
    history.complete(operation, result, time++);
  }

  private void commit(int operation) {
    history.commit(operation, history.command(operation));
  }

  /** Asked, committed if it is a write, and answered, with nothing in between. */
  private void done(Command command, Result result) {
    var operation = begin(command);
    if (!Requests.isRead(command)) {
      commit(operation);
    }
    end(operation, result);
  }

  private void assertRefusedByBoth(String rule) {
    assertThatThrownBy(() -> HistoryCheck.check(history))
        .isInstanceOf(WrongException.class)
        .extracting(wrong -> ((WrongException) wrong).what())
        .isEqualTo(rule);
    assertThatThrownBy(() -> LinearizabilitySearch.check(history, 10_000))
        .isInstanceOf(WrongException.class);
  }

  private void assertAcceptedByBoth() {
    assertThatCode(() -> HistoryCheck.check(history)).doesNotThrowAnyException();
    assertThat(LinearizabilitySearch.check(history, 10_000)).isZero();
  }

  @Test
  void aReadAfterAnAcknowledgedWriteMissesIt() {
    done(put("1"), written(2));
    done(get(), NOTHING);
    assertRefusedByBoth("a linearizable read is not stale");
  }

  @Test
  void twoReadsSeeAWriteAndThenNot() {
    var write = begin(put("1"));
    commit(write);
    done(get(), found(2, 1, "1"));
    done(get(), NOTHING);
    assertRefusedByBoth("a linearizable read is not stale");
  }

  @Test
  void aReadDuringAWriteMaySeeEither() {
    done(put("1"), written(2));
    var write = begin(put("2"));
    var early = begin(get());
    commit(write);
    done(get(), found(3, 2, "2"));
    end(early, found(2, 1, "1"));
    end(write, written(3));
    assertAcceptedByBoth();
  }

  @Test
  void aReadSeesAValueThatNobodyWrote() {
    done(put("1"), written(2));
    done(get(), found(2, 1, "x"));
    assertRefusedByBoth("a read is answered as the contract says");
  }

  @Test
  void twoGuardedWritesBothWin() {
    done(put("0"), written(2));
    var one = begin(putIfModRevision(2, "1"));
    var other = begin(putIfModRevision(2, "2"));
    commit(one);
    commit(other);
    end(one, writtenByTxn(3));
    end(other, writtenByTxn(4));
    assertRefusedByBoth("a write is answered as the contract says");
  }

  @Test
  void aDeletedValueComesBack() {
    done(put("1"), written(2));
    done(new Command.DeleteRange(KEY, Bytes.EMPTY, false), new Result.DeleteRange(3, 1, List.of()));
    done(get(), found(2, 1, "1"));
    assertRefusedByBoth("a linearizable read is not stale");
  }

  @Test
  void aWriteHappensTwice() {
    var write = begin(put("1"));
    commit(write);
    commit(write);
    end(write, written(2));
    done(get(), found(3, 2, "1"));
    assertRefusedByBoth("a request takes effect once");
  }

  @Test
  void anAcknowledgedWriteIsNotInTheLog() {
    var lost = begin(put("1"));
    end(lost, written(2));
    done(get(), NOTHING);
    assertRefusedByBoth("an answered write is committed");
  }

  @Test
  void twoWritesAreReadInBothOrders() {
    var one = begin(put("1"));
    var other = begin(put("2"));
    commit(one);
    commit(other);
    end(one, written(2));
    end(other, written(3));
    done(get(), found(3, 2, "2"));
    done(get(), found(2, 1, "1"));
    assertRefusedByBoth("a linearizable read is not stale");
  }

  @Test
  void aWriteThatNobodyHeardOfMayBeSeenMuchLaterAndOnlyOnce() {
    var unknown = begin(put("1"));
    done(get(), NOTHING);
    commit(unknown);
    done(get(), found(2, 1, "1"));
    assertAcceptedByBoth();
    done(get(), NOTHING);
    assertRefusedByBoth("a linearizable read is not stale");
  }

  /** The search takes a refusal at its word and so finds nobody who could have written it. */
  @Test
  void aRefusedWriteHappensNevertheless() {
    var refused = begin(put("1"));
    end(refused, new Result.Failed(Failure.NO_LEADER));
    commit(refused);
    done(get(), found(2, 1, "1"));
    assertRefusedByBoth("what was refused does not happen later");
  }

  @Test
  void aWriteIsCommittedBeforeItIsAsked() {
    history.commit(0, put("1"));
    assertThatThrownBy(() -> HistoryCheck.check(history))
        .hasMessageContaining("every committed command was asked for");
  }
}
