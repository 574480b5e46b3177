package dev.kvorum.verticles.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.lease.LeaseChange;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.StoreView;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A delete of very many keys, in an interval or of a lease, takes effect at once, and the log goes
 * on while its records are made; the backend and the watchers get everything in the order of
 * revisions.
 */
final class SweepingTest {
  private static final int SLICE_KEYS = 10;
  private static final int KEYS = 95;
  private static final int DELETED_AT = KEYS + 2;
  private static final long LEASE = 5;
  private static final long LARGE_LEASE = 6;
  private static final long OTHER_LEASE = 7;
  private static final int LEASED_KEYS = 33;
  private static final int ENDED_AT = KEYS + LEASED_KEYS + 2;

  /** Watchers have to read what a command with more events did. */
  private static final int MOST_EVENTS_TOLD = KEYS;

  private final StageHarness harness = new StageHarness(SLICE_KEYS, MOST_EVENTS_TOLD);

  @BeforeEach
  void putKeys() {
    harness.commit(new Command.LeaseGrant(LEASE, 60));
    for (var i = 0; i < KEYS; i++) {
      harness.commit(put("k%03d".formatted(i), i == 42 ? LEASE : 0));
    }
    harness.forget();
  }

  @Test
  void theDeleteIsAnsweredAndSeenBeforeItsRecordsAreMade() {
    harness.commit(deleteAll(), put("z", 0));

    assertThat(harness.answers())
        .containsExactly(new Result.DeleteRange(DELETED_AT, KEYS, List.of()));
    assertThat(keysIn(harness.published())).isZero();
    assertThat(harness.published().revision()).isEqualTo(DELETED_AT);
    harness.proceed();
    assertThat(harness.answers()).last().isEqualTo(new Result.Put(DELETED_AT + 1, null));
    assertThat(harness.all(StoreEffect.Write.class)).as("no record was made so far").isEmpty();
    assertThat(harness.all(StoreEffect.AppliedTo.class)).last().isEqualTo(appliedTo());
  }

  @Test
  void watchersHearOfTheDeleteAsAWholeAndBeforeWhatCameLater() {
    harness.commit(deleteAll(), put("z", 0));
    harness.proceed();
    assertThat(sweepToTheEnd()).isEqualTo((KEYS + SLICE_KEYS - 1) / SLICE_KEYS);

    var told = harness.all(StoreEffect.Happened.class);
    assertThat(told).hasSize(2);
    var deletes = told.getFirst().events();
    assertThat(deletes).hasSize(KEYS).allMatch(Event::deleted);
    assertThat(deletes.getLast().revision()).isEqualTo(new Revision(DELETED_AT, KEYS - 1));
    assertThat(told.getLast().events())
        .extracting(Event::revision)
        .containsExactly(new Revision(DELETED_AT + 1, 0));
  }

  /** Or it would be kept in memory until its last record is made, for nobody. */
  @Test
  void aDeleteThatWatchersWillReadIsNotToldThem() {
    harness.commit(put("kk", 0), deleteAll(), put("z", 0));
    harness.drain();
    for (var made = 0; made < KEYS + 1; made += SLICE_KEYS) {
      assertThat(harness.all(StoreEffect.TooMuchHappened.class)).isEmpty();
      harness.sweep();
    }

    var told = harness.seen().stream().filter(SweepingTest::isNews).skip(1).toList();
    assertThat(told).hasSize(2);
    assertThat(told.getFirst()).isEqualTo(new StoreEffect.TooMuchHappened(DELETED_AT + 1));
    assertThat(told.getLast()).isInstanceOf(StoreEffect.Happened.class);
  }

  private static boolean isNews(StoreEffect effect) {
    return effect instanceof StoreEffect.Happened || effect instanceof StoreEffect.TooMuchHappened;
  }

  /** Its slices rest for clients' sake, and a checkpoint is no client. */
  @Test
  void itHurriesForWhomSomebodyWaitsAndForNoOther() {
    harness.commit(deleteAll());
    harness.step(StoreStage::beginCheckpoint);
    harness.sweep();
    assertThat(harness.all(StoreEffect.SweepLater.class)).last().isEqualTo(later(false));
    harness.step(StoreStage::defragment);
    harness.sweep();
    assertThat(harness.all(StoreEffect.SweepLater.class)).last().isEqualTo(later(true));
    sweepToTheEnd();
    assertThat(harness.all(StoreEffect.CheckpointBegun.class)).hasSize(1);
    assertThat(harness.all(StoreEffect.Defragmented.class)).hasSize(1);
  }

  @Test
  void theBackendCountsTheDeleteAndWhatCameLaterWithItsLastRecord() {
    harness.commit(deleteAll(), put("z", 0));
    harness.proceed();
    harness.sweep();
    harness.sweep();

    // A crash: the next life finds the store as it was before, and applies all of it again.
    var before = harness.restart();
    assertThat(before.kv().revision()).isEqualTo(DELETED_AT - 1);
    var index = before.meta().appliedIndex();
    harness.commit(deleteAll(), put("z", 0));
    harness.proceed();
    sweepToTheEnd();

    var after = harness.stored();
    assertThat(after.kv().revision()).isEqualTo(DELETED_AT + 1);
    assertThat(after.meta().appliedIndex()).isEqualTo(index + 2);
    assertThat(after.leases().attachedCount(LEASE)).isZero();
  }

  @Test
  void anEntryThatWritesAHiddenKeyWaitsUntilItsTombstoneIsThere() {
    harness.commit(deleteAll(), put("k015", 0));
    harness.proceed();
    assertThat(harness.answers()).hasSize(1);
    harness.sweep();
    harness.proceed();
    assertThat(harness.answers()).hasSize(1);
    assertThat(harness.all(StoreEffect.SweepLater.class)).last().isEqualTo(later(true));
    harness.sweep();
    harness.proceed();

    assertThat(harness.answers()).last().isEqualTo(new Result.Put(DELETED_AT + 1, null));
    assertThat(keysIn(harness.published())).isOne();
    sweepToTheEnd();
    assertThat(keysIn(harness.published())).isOne();
  }

  @Test
  void theEndOfALeaseWaitsUntilItsKeyIsReached() {
    harness.commit(deleteAll(), new Command.LeaseRevoke(LEASE));
    harness.proceed();
    harness.step(stage -> stage.findKeys(1, List.of(LEASE), false));
    assertThat(harness.all(StoreEffect.FoundKeys.class)).isEmpty();
    var turns = 0;
    while (harness.answers().size() == 1) {
      harness.sweep();
      harness.proceed();
      turns++;
    }

    assertThat(turns).isEqualTo(5);
    assertThat(harness.answers()).last().isEqualTo(new Result.LeaseRevoke(DELETED_AT));
    sweepToTheEnd();
    assertThat(harness.all(StoreEffect.FoundKeys.class))
        .containsExactly(new StoreEffect.FoundKeys(1, List.of(List.of()), List.of()));
  }

  /** Or the leases that run out meanwhile would end late. */
  @Test
  void keysOfLeasesAreCountedWhileADeleteOfOthersIsWritten() {
    harness.commit(new Command.LeaseGrant(OTHER_LEASE, 60), put("z", OTHER_LEASE), deleteAll());
    harness.drain();
    harness.sweep();
    harness.step(stage -> stage.findKeys(1, List.of(OTHER_LEASE, LARGE_LEASE), true));

    assertThat(harness.all(StoreEffect.FoundKeys.class))
        .containsExactly(new StoreEffect.FoundKeys(1, List.of(), List.of(1, 0)));
    assertThat(harness.all(StoreEffect.SweepLater.class)).last().isEqualTo(later(false));
  }

  /** Or the leader would end it at once, and the log would wait until the key is reached. */
  @Test
  void keysOfALeaseThatHasAHiddenOneAreCountedAfterTheDelete() {
    harness.commit(deleteAll());
    harness.sweep();
    harness.step(stage -> stage.findKeys(1, List.of(LARGE_LEASE, LEASE), true));
    assertThat(harness.all(StoreEffect.FoundKeys.class)).isEmpty();
    sweepToTheEnd();

    assertThat(harness.all(StoreEffect.FoundKeys.class))
        .containsExactly(new StoreEffect.FoundKeys(1, List.of(), List.of(0, 0)));
  }

  /** Its end is long, and would wait for the whole delete whatever its keys are. */
  @Test
  void veryManyKeysOfALeaseAreCountedAfterTheDelete() {
    putLeasedKeys();
    harness.commit(deleteAll());
    harness.sweep();
    harness.step(stage -> stage.findKeys(1, List.of(LARGE_LEASE), true));
    assertThat(harness.all(StoreEffect.FoundKeys.class)).isEmpty();
    sweepToTheEnd();

    assertThat(harness.all(StoreEffect.FoundKeys.class))
        .containsExactly(new StoreEffect.FoundKeys(1, List.of(), List.of(LEASED_KEYS)));
  }

  @Test
  void longCommandsAndCompactionsWaitForTheWholeDelete() {
    harness.commit(deleteAll(), new Command.Compact(DELETED_AT, false), deleteAll());
    harness.proceed();
    harness.step(stage -> stage.defragment());
    while (harness.all(StoreEffect.Defragmented.class).isEmpty()) {
      assertThat(harness.answers()).hasSize(1);
      harness.sweep();
    }
    harness.proceed();

    assertThat(harness.answers())
        .containsExactly(
            new Result.DeleteRange(DELETED_AT, KEYS, List.of()),
            new Result.Compact(DELETED_AT),
            new Result.DeleteRange(DELETED_AT, 0, List.of()));
  }

  /**
   * Contract S10.3: one revision, in key order; the lease is gone before the first of its records.
   */
  @Test
  void aLeaseWithManyKeysEndsAtOnceAndItsRecordsFollowInKeyOrder() {
    putLeasedKeys();
    harness.commit(new Command.LeaseRevoke(LARGE_LEASE), put("z", 0));
    harness.step(stage -> stage.findKeys(1, List.of(LARGE_LEASE), true));
    assertThat(harness.all(StoreEffect.FoundKeys.class)).as("its keys are listed").isEmpty();
    harness.drain();

    assertThat(harness.all(StoreEffect.FoundKeys.class))
        .containsExactly(new StoreEffect.FoundKeys(1, List.of(), List.of(0)));
    assertThat(harness.answers())
        .containsExactly(new Result.LeaseRevoke(ENDED_AT), new Result.Put(ENDED_AT + 1, null));
    assertThat(keysIn(harness.published())).as("the others live").isEqualTo(KEYS);
    assertThat(keysIn(harness.published(), "m", "n")).isZero();
    assertThat(harness.all(StoreEffect.LeasesChanged.class))
        .containsExactly(
            new StoreEffect.LeasesChanged(List.of(new LeaseChange.Revoked(LARGE_LEASE, false))));
    assertThat(harness.all(StoreEffect.Write.class)).as("no record was made so far").isEmpty();
    assertThat(harness.all(StoreEffect.Happened.class)).isEmpty();
    assertThat(sweepToTheEnd()).isEqualTo((LEASED_KEYS + SLICE_KEYS - 1) / SLICE_KEYS);

    var told = harness.all(StoreEffect.Happened.class);
    assertThat(told).hasSize(2);
    var deletes = told.getFirst().events();
    assertThat(deletes).hasSize(LEASED_KEYS).allMatch(Event::deleted);
    assertThat(deletes).extracting(Event::key).isSorted();
    assertThat(deletes.getFirst().revision()).isEqualTo(new Revision(ENDED_AT, 0));
    assertThat(deletes.getLast().revision()).isEqualTo(new Revision(ENDED_AT, LEASED_KEYS - 1));
  }

  /** The leader's own end of a lease that ran out is no other one. */
  @Test
  void aLeaseWithManyKeysRunsOutAtOnce() {
    putLeasedKeys();
    harness.commit(new Command.LeaseExpire(1, List.of(LARGE_LEASE), 0));
    harness.drain();

    assertThat(harness.answers()).containsExactly(new Result.Done(ENDED_AT));
    assertThat(keysIn(harness.published(), "m", "n")).isZero();
    assertThat(harness.all(StoreEffect.LeasesChanged.class))
        .containsExactly(
            new StoreEffect.LeasesChanged(List.of(new LeaseChange.Revoked(LARGE_LEASE, true))));
    assertThat(harness.all(StoreEffect.Count.class))
        .containsExactly(new StoreEffect.Count(0, LEASED_KEYS, 0, 0));
    sweepToTheEnd();
    assertThat(harness.stored().leases().contains(LARGE_LEASE)).isFalse();
    assertThat(harness.stored().kv().revision()).isEqualTo(ENDED_AT);
  }

  @Test
  void behindALeaseThatEndedTheLogGoesOnBetweenItsKeys() {
    putLeasedKeys();
    harness.commit(
        new Command.LeaseRevoke(LARGE_LEASE),
        new Command.LeaseGrant(LARGE_LEASE, 60),
        put("m0005", LARGE_LEASE),
        new Command.LeaseRevoke(LEASE),
        put("m005", LARGE_LEASE));
    harness.drain();
    assertThat(harness.answers()).as("the last one writes a hidden key").hasSize(4);
    assertThat(harness.answers()).last().isEqualTo(new Result.LeaseRevoke(ENDED_AT + 2));

    harness.sweep();
    harness.proceed();
    assertThat(harness.answers()).last().isEqualTo(new Result.Put(ENDED_AT + 3, null));
    sweepToTheEnd();

    var stored = harness.stored();
    assertThat(stored.kv().revision()).isEqualTo(ENDED_AT + 3);
    assertThat(stored.leases().attachedKeys(LARGE_LEASE))
        .containsExactly(Bytes.utf8("m0005"), Bytes.utf8("m005"));
    assertThat(stored.leases().contains(LEASE)).isFalse();
  }

  @Test
  void aCrashWhileALeasesRecordsAreMadeBringsItBackUntilTheLogIsAppliedAgain() {
    putLeasedKeys();
    harness.commit(new Command.LeaseRevoke(LARGE_LEASE));
    harness.drain();
    harness.sweep();
    harness.sweep();

    var before = harness.restart();
    assertThat(before.kv().revision()).isEqualTo(ENDED_AT - 1);
    assertThat(before.leases().attachedCount(LARGE_LEASE)).isEqualTo(LEASED_KEYS);
    harness.commit(new Command.LeaseRevoke(LARGE_LEASE));
    harness.drain();
    sweepToTheEnd();
    assertThat(harness.stored().kv().revision()).isEqualTo(ENDED_AT);
    assertThat(harness.stored().leases().contains(LARGE_LEASE)).isFalse();
  }

  private void putLeasedKeys() {
    harness.commit(new Command.LeaseGrant(LARGE_LEASE, 60));
    for (var i = LEASED_KEYS - 1; i >= 0; i--) {
      harness.commit(put("m%03d".formatted(i), LARGE_LEASE));
    }
    harness.drain();
    harness.forget();
  }

  /** What is put meanwhile stays in memory until the last tombstone is there. */
  @Test
  void itHurriesBeforeClientsAreRefused() {
    harness.commit(deleteAll());
    harness.sweep();
    assertThat(harness.all(StoreEffect.SweepLater.class)).last().isEqualTo(later(false));
    harness.memory.filling = true;
    harness.sweep();
    assertThat(harness.all(StoreEffect.SweepLater.class)).last().isEqualTo(later(true));
    harness.memory.filling = false;
    harness.sweep();
    assertThat(harness.all(StoreEffect.SweepLater.class)).last().isEqualTo(later(false));
  }

  private static StoreEffect.SweepLater later(boolean isWaitedFor) {
    return new StoreEffect.SweepLater(isWaitedFor);
  }

  private StoreEffect.AppliedTo appliedTo() {
    return new StoreEffect.AppliedTo(harness.lastIndex());
  }

  /** Returns how many slices it took. */
  private int sweepToTheEnd() {
    var slices = 0;
    var asked = harness.all(StoreEffect.SweepLater.class).size();
    var sweeps = harness.all(StoreEffect.Happened.class).size();
    while (harness.all(StoreEffect.Happened.class).size() == sweeps) {
      assertThat(asked).isPositive();
      harness.sweep();
      slices++;
    }
    return slices;
  }

  private static long keysIn(StoreView view) {
    return keysIn(view, "k", "l");
  }

  private static long keysIn(StoreView view, String from, String to) {
    assertThat(view.tryHold()).isTrue();
    var range = KeyRange.of(Bytes.utf8(from), Bytes.utf8(to));
    var count = view.index().count(range, view.revision());
    view.release();
    return count;
  }

  private static Command.DeleteRange deleteAll() {
    return new Command.DeleteRange(Bytes.utf8("k"), Bytes.utf8("l"), false);
  }

  private static Command.Put put(String key, long lease) {
    return new Command.Put(Bytes.utf8(key), Bytes.utf8("value"), lease, false, false, false);
  }
}
