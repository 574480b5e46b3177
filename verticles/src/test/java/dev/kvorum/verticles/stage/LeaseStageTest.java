package dev.kvorum.verticles.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.lease.LeaseChange;
import dev.kvorum.storage.lease.LeaseClock;
import dev.kvorum.storage.lease.LeaseRecord;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.LeaseAsk;
import dev.kvorum.storage.model.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Contract S10.4 to S10.11: nothing early, nothing by a leader that is none, and in batches. */
class LeaseStageTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long TERM = 4;

  private final LeaseStage stage = new LeaseStage(SECOND, true);
  private long now = 10 * SECOND;

  /** The log's index of the last grant that the stage heard of. */
  private long newestGrant;

  @Test
  void aLeaseRunsOutOnlyAfterItsTime() {
    lead();
    grant(1, 5);

    assertThat(stage.nextWakeNanos()).isEqualTo(now + 5 * SECOND);
    now += 5 * SECOND - 1;
    assertThat(stage.wake(moment())).isEmpty();
    now += 1;
    assertThat(stage.wake(moment())).containsExactly(new LeaseEffect.ConfirmLeadership());
    assertThat(stage.confirmed(TERM, moment()))
        .containsExactly(new LeaseEffect.CountKeys(List.of(1L)));
    assertThat(stage.counted(List.of(1L), new int[] {0}, moment()))
        .containsExactly(expire(TERM, 1));
  }

  @Test
  void aMemberThatDoesNotLeadExpiresNothing() {
    grant(1, 5);
    now += 60 * SECOND;

    assertThat(stage.wake(moment())).isEmpty();
    assertThat(stage.nextWakeNanos()).isEqualTo(LeaseClock.NEVER);
  }

  /** Paused for a minute, and another member leads by now: the quorum says so. */
  @Test
  void aLeaderThatIsNotConfirmedExpiresNothing() {
    lead();
    grant(1, 5);
    now += 60 * SECOND;
    stage.wake(moment());

    assertThat(stage.confirmed(0, moment())).isEmpty();
    assertThat(stage.wake(moment())).isEmpty();
    now += SECOND;
    assertThat(stage.wake(moment())).containsExactly(new LeaseEffect.ConfirmLeadership());
  }

  /** Paused for a minute, it may have been replaced by a leader that hears of no renewal here. */
  @Test
  void aLeaderAcknowledgesRenewalsOnlyWhileItIsConfirmed() {
    lead();
    grant(1, 100);
    assertThat(renew(1)).containsExactly(kept(1, 100));
    now += SECOND;
    assertThat(renew(1)).containsExactly(kept(1, 100));
    now += 1;
    assertThat(renew(1)).containsExactly(new LeaseEffect.ConfirmLeadership());
    assertThat(renew(1)).isEmpty();
    assertThat(stage.confirmed(TERM, moment())).containsExactly(kept(1, 100), kept(1, 100));

    now += 60 * SECOND;
    renew(1);
    assertThat(stage.confirmed(0, moment()))
        .containsExactly(new LeaseEffect.Reply(2, 9, new Result.Failed(Failure.NO_LEADER)));
  }

  /** What began too long ago confirms nothing about now. */
  @Test
  void aConfirmationThatTookTooLongIsAskedForAgain() {
    lead();
    grant(1, 100);
    now += 2 * SECOND;
    renew(1);
    now += 2 * SECOND;

    assertThat(stage.confirmed(TERM, moment()))
        .containsExactly(new LeaseEffect.ConfirmLeadership());
    assertThat(stage.confirmed(TERM, moment())).containsExactly(kept(1, 100));
  }

  /** Once such a confirmation ended the round, and what it had taken was never revoked. */
  @Test
  void aRenewalThatIsConfirmedDuringARoundLeavesTheRoundAlone() {
    lead();
    grant(1, 5);
    grant(2, 100);
    now += 5 * SECOND;
    stage.wake(moment());
    stage.confirmed(TERM, moment());
    now += 2 * SECOND;

    assertThat(renew(2)).containsExactly(new LeaseEffect.ConfirmLeadership());
    assertThat(stage.confirmed(TERM, moment())).containsExactly(kept(2, 100));
    assertThat(stage.counted(List.of(1L), new int[] {0}, moment()))
        .containsExactly(expire(TERM, 1));
  }

  @Test
  void whatRunsOutDuringARoundIsTakenByTheNext() {
    lead();
    grant(1, 5);
    grant(2, 100);
    grant(3, 6);
    now += 5 * SECOND;
    stage.wake(moment());
    stage.confirmed(TERM, moment());
    assertThat(stage.counted(List.of(1L), new int[] {0}, moment()))
        .containsExactly(expire(TERM, 1));
    now += 2 * SECOND;
    renew(2);

    assertThat(stage.confirmed(TERM, moment())).containsExactly(kept(2, 100));
    revoked(1);
    assertThat(stage.proposed(new Command.LeaseExpire(TERM, List.of(1L), 4), true, moment()))
        .containsExactly(new LeaseEffect.ConfirmLeadership());
    assertThat(stage.confirmed(TERM, moment()))
        .containsExactly(new LeaseEffect.CountKeys(List.of(3L)));
  }

  /** The quorum may be slow for a moment; what it had confirmed before, it had confirmed. */
  @Test
  void aRenewalThatIsNotConfirmedDuringARoundLeavesTheRoundAlone() {
    lead();
    grant(1, 5);
    grant(2, 100);
    now += 5 * SECOND;
    stage.wake(moment());
    stage.confirmed(TERM, moment());
    now += 2 * SECOND;
    renew(2);

    assertThat(stage.confirmed(0, moment()))
        .containsExactly(new LeaseEffect.Reply(2, 9, new Result.Failed(Failure.NO_LEADER)));
    assertThat(stage.counted(List.of(1L), new int[] {0}, moment()))
        .containsExactly(expire(TERM, 1));
  }

  /**
   * The log may already have a revoke of the lease and a grant of its id, of which nobody has told
   * the stage: those who apply the entry need to know what the stage knew.
   */
  @Test
  void anExpirySaysUpToWhichGrantTheLeaderHadHeard() {
    lead();
    grant(1, 5);
    grant(2, 100);
    now += 5 * SECOND;
    stage.wake(moment());
    stage.confirmed(TERM, moment());

    assertThat(stage.counted(List.of(1L), new int[] {0}, moment()))
        .containsExactly(
            new LeaseEffect.Propose(new Command.LeaseExpire(TERM, List.of(1L), newestGrant + 1)));
  }

  @Test
  void aSnapshotBringsItsOwnLeases() {
    grant(1, 5);
    var leases = new LeaseTable();
    leases.add(new LeaseRecord(2, 7, 0, 40));

    assertThat(stage.replaced(leases, moment())).isEmpty();
    lead();
    assertThat(stage.size()).isEqualTo(1);
    assertThat(stage.nextWakeNanos()).isEqualTo(now + 8 * SECOND);
    now += 8 * SECOND;
    stage.wake(moment());
    stage.confirmed(TERM, moment());
    newestGrant = 40;
    assertThat(stage.counted(List.of(2L), new int[] {0}, moment()))
        .containsExactly(expire(TERM, 2));
  }

  private List<LeaseEffect> renew(long id) {
    return stage.asked(List.of(new LeaseStage.Asked(2, 9, new LeaseAsk.KeepAlive(id))), moment());
  }

  @Test
  void aNewLeaderGivesEveryLeaseItsTimeAgain() {
    grant(1, 5);
    now += 60 * SECOND;
    lead();

    assertThat(stage.nextWakeNanos()).isEqualTo(now + 6 * SECOND);
  }

  @Test
  void leadingOnInTheSameTermExtendsNothing() {
    lead();
    grant(1, 5);
    var wake = stage.nextWakeNanos();
    now += SECOND;
    lead();

    assertThat(stage.nextWakeNanos()).isEqualTo(wake);
  }

  @Test
  void manyLeasesGoIntoOneEntryAndManyKeysIntoSeveral() {
    lead();
    LongStream.rangeClosed(1, 2_500).forEach(id -> grant(id, 5));
    now += 5 * SECOND;
    var taken = takeExpired();
    // The eleventh lease has more keys than an entry may delete, and goes alone in its own time.
    var counts = IntStream.range(0, 2_500).map(at -> at == 10 ? 5_000 : at < 10 ? 100 : 0);

    var underWay = new ArrayList<>(stage.counted(taken, counts.toArray(), moment()));
    var all = new ArrayList<>(sizes(underWay));
    var began = now;
    while (!underWay.isEmpty()) {
      var entry = ((LeaseEffect.Propose) underWay.removeFirst()).command();
      ((Command.LeaseExpire) entry).ids().forEach(this::revoked);
      var next = new ArrayList<>(stage.proposed(entry, true, moment()));
      if (underWay.isEmpty() && next.isEmpty() && stage.isRunning()) {
        now = stage.nextWakeNanos();
        next.addAll(stage.wake(moment()));
      }
      all.addAll(sizes(next));
      underWay.addAll(next);
    }
    assertThat(all)
        .containsExactlyInAnyOrder(
            1, 2, 2, 2, 2, 50, 250, 250, 250, 250, 250, 250, 250, 250, 250, 191);
    assertThat(stage.size()).isZero();
    assertThat(stage.isRunning()).isFalse();
    // 2,499 leases and 1,000 keys, but for the last entry and what a late timer may make up for.
    var full = 3_499 * (EndPace.NANOS_AN_END + EndPace.NANOS_AT_FIRST);
    assertThat(now - began).isBetween(full * 3 / 4, full);
  }

  /** The log does not wait for the records of a lease with a million keys, and nobody else does. */
  @Test
  void leasesWithFewKeysPassThoseWithVeryMany() {
    lead();
    LongStream.rangeClosed(1, 4).forEach(id -> grant(id, 5));
    grant(5, 6);
    now += 5 * SECOND;
    var taken = takeExpired();
    var counts = taken.stream().mapToInt(id -> id == 1 || id == 3 ? 1_000_000 : 2).toArray();

    assertThat(stage.counted(taken, counts, moment()))
        .containsExactlyInAnyOrder(expire(TERM, 2, 4), expire(TERM, 1));
    assertThat(ended(2, 4)).as("the round is over").isEmpty();
    now += SECOND;
    assertThat(takeExpired()).containsExactly(5L);
    assertThat(stage.counted(List.of(5L), new int[] {0}, moment()))
        .containsExactly(expire(TERM, 5));
    assertThat(ended(5)).isEmpty();
    assertThat(ended(1)).isEmpty();

    // The next one goes when the records of the first are there, about.
    now += SECOND - 1;
    assertThat(stage.wake(moment())).isEmpty();
    assertThat(stage.nextWakeNanos()).isBetween(now + SECOND / 2, now + 2 * SECOND);
    now = stage.nextWakeNanos();
    assertThat(stage.wake(moment())).containsExactly(expire(TERM, 3));
    assertThat(ended(3)).isEmpty();
    assertThat(stage.size()).isZero();
    assertThat(stage.isRunning()).isFalse();
  }

  @Test
  void aLargeLeaseThatWasNotRevokedIsTriedAgainUntilTheTermEnds() {
    lead();
    grant(1, 5);
    grant(2, 5);
    now += 5 * SECOND;
    var counts = new int[] {1_000, 1_000};
    var proposed = stage.counted(takeExpired(), counts, moment());
    assertThat(proposed).hasSize(2);
    revoked(2);
    grant(2, 60);
    for (var each : proposed) {
      stage.proposed(((LeaseEffect.Propose) each).command(), false, moment());
    }
    now += SECOND;
    assertThat(takeExpired()).containsExactly(1L);

    stage.follow();
    assertThat(stage.nextWakeNanos()).isEqualTo(LeaseClock.NEVER);
    stage.lead(TERM + 1, now, moment());
    assertThat(stage.wake(moment())).isEmpty();
    assertThat(stage.nextWakeNanos()).isEqualTo(now + 6 * SECOND);
  }

  /**
   * Its client revokes it while it waits for its turn, is granted it anew and lets it run out: two
   * entries name it, and each has an answer.
   */
  @Test
  void aLargeLeaseThatWaitsTwiceHoldsNoLaterRoundUp() {
    lead();
    grant(1, 5);
    now += 5 * SECOND;
    takeAndCount(1, 1_000_000);
    assertThat(ended(1)).isEmpty();
    grant(2, 1);
    now += SECOND;
    assertThat(takeAndCount(2, 300)).as("it waits for the first").isEmpty();
    revoked(2);
    grant(2, 1);
    now += SECOND;
    assertThat(takeAndCount(2, 300)).isEmpty();
    for (var turn = 0; turn < 2; turn++) {
      now = stage.nextWakeNanos();
      assertThat(stage.wake(moment())).containsExactly(expire(TERM, 2));
    }
    assertThat(ended(2)).isEmpty();
    var second = ((LeaseEffect.Propose) expire(TERM, 2)).command();
    assertThat(stage.proposed(second, true, moment())).isEmpty();

    for (var id = 3; id < 5; id++) {
      grant(id, 1);
      now += SECOND;
      assertThat(takeAndCount(id, 300)).containsExactly(expire(TERM, id));
      assertThat(ended(id)).isEmpty();
      assertThat(stage.isRunning()).isFalse();
    }
  }

  /** The records of leases that this member ended as an earlier leader are written by now. */
  @Test
  void aLeaderBeginsWithALargeLeaseAtOnce() {
    lead();
    grant(1, 5);
    now += 5 * SECOND;
    takeAndCount(1, 1_000_000_000);
    ended(1);
    grant(2, 5);
    stage.follow();
    stage.lead(TERM + 1, now, moment());
    now += 6 * SECOND;
    stage.wake(moment());
    stage.confirmed(TERM + 1, moment());

    assertThat(stage.counted(List.of(2L), new int[] {300}, moment()))
        .containsExactly(expire(TERM + 1, 2));
  }

  /** A round for one lease that ran out. */
  private List<LeaseEffect> takeAndCount(long id, int keys) {
    assertThat(takeExpired()).containsExactly(id);
    return stage.counted(List.of(id), new int[] {keys}, moment());
  }

  /** The entry of these leases takes effect. */
  private List<LeaseEffect> ended(long... ids) {
    LongStream.of(ids).forEach(this::revoked);
    return stage.proposed(((LeaseEffect.Propose) expire(TERM, ids)).command(), true, moment());
  }

  /** Those that a client revoked, or was granted anew, were not ended by the leader. */
  @Test
  void aLeaderCountsTheLeasesThatItEnded() {
    List<LeaseChange> ends =
        List.of(
            new LeaseChange.Revoked(1, true),
            new LeaseChange.Revoked(2, false),
            new LeaseChange.Revoked(3, true));
    LongStream.rangeClosed(1, 3).forEach(id -> grant(id, 5));
    assertThat(stage.changed(ends, moment())).as("of another leader").isEmpty();

    lead();
    LongStream.rangeClosed(1, 3).forEach(id -> grant(id, 5));
    now += 5 * SECOND;
    var expire = expireAll();
    assertThat(stage.changed(ends, moment())).containsExactly(new LeaseEffect.CountExpired(2));
    assertThat(stage.proposed(expire, true, moment())).isEmpty();
  }

  /** A slow disk: no more entries wait in the log than some, and what it delays is made up for. */
  @Test
  void aStormWaitsForTheLog() {
    lead();
    LongStream.rangeClosed(1, 10_000).forEach(id -> grant(id, 5));
    now += 5 * SECOND;
    var taken = takeExpired();
    var underWay = new ArrayList<>(stage.counted(taken, new int[taken.size()], moment()));
    while (stage.nextWakeNanos() != LeaseClock.NEVER) {
      now = stage.nextWakeNanos();
      underWay.addAll(stage.wake(moment()));
    }

    assertThat(underWay).hasSize(8);
    now += SECOND;
    var entry = ((LeaseEffect.Propose) underWay.getFirst()).command();
    assertThat(stage.proposed(entry, true, moment())).hasSize(1);
  }

  /** S10.1, never early: an id may be granted anew while what ran out before waits in a storm. */
  @Test
  void aLeaseThatIsGrantedAnewLivesItsOwnTime() {
    lead();
    LongStream.rangeClosed(1, LeaseStage.MAX_IDS_A_ROUND).forEach(id -> grant(id, 5));
    now += 5 * SECOND;
    var taken = takeExpired();
    var again = taken.getLast();
    var underWay = new ArrayList<>(stage.counted(taken, new int[taken.size()], moment()));
    revoked(again);
    grant(again, 60);

    var ended = new ArrayList<Long>();
    while (!underWay.isEmpty()) {
      var entry = (Command.LeaseExpire) ((LeaseEffect.Propose) underWay.removeFirst()).command();
      ended.addAll(entry.ids());
      entry.ids().forEach(this::revoked);
      underWay.addAll(stage.proposed(entry, true, moment()));
      if (underWay.isEmpty() && stage.isRunning()) {
        now = stage.nextWakeNanos();
        underWay.addAll(stage.wake(moment()));
      }
    }

    assertThat(ended).hasSize(taken.size() - 1).doesNotContain(again);
    assertThat(stage.size()).isEqualTo(1);
    assertThat(stage.isRunning()).isFalse();
  }

  @Test
  void whatWasNotRevokedIsTriedAgainLater() {
    lead();
    grant(1, 5);
    now += 5 * SECOND;
    var expire = expireAll();
    stage.proposed(expire, false, moment());

    assertThat(stage.wake(moment())).isEmpty();
    now += SECOND;
    assertThat(stage.wake(moment())).containsExactly(new LeaseEffect.ConfirmLeadership());
    assertThat(stage.confirmed(TERM, moment()))
        .containsExactly(new LeaseEffect.CountKeys(List.of(1L)));
  }

  @Test
  void aRenewalIsAnsweredWithTheWholeTime() {
    lead();
    grant(1, 5);
    now += 4 * SECOND;

    assertThat(ask(new LeaseAsk.KeepAlive(1))).containsExactly(kept(1, 5));
    assertThat(ask(new LeaseAsk.KeepAlive(2))).containsExactly(kept(2, 0));
    assertThat(stage.nextWakeNanos()).isEqualTo(now + 5 * SECOND);
  }

  @Test
  void aRenewalOfALeaseThatRanOutWaitsUntilItIsGone() {
    lead();
    grant(1, 5);
    now += 5 * SECOND;
    expireAll();

    assertThat(ask(new LeaseAsk.KeepAlive(1))).isEmpty();
    assertThat(stage.changed(List.of(new LeaseChange.Revoked(1, false)), moment()))
        .containsExactly(kept(1, 0));
  }

  /** Or the next leader would know of the checkpoint and not of the renewal. */
  @Test
  void aRenewalTakesACheckpointBackFirst() {
    lead();
    grant(1, 600);
    stage.changed(List.of(new LeaseChange.Checkpointed(1, 100)), moment());

    assertThat(ask(new LeaseAsk.KeepAlive(1))).containsExactly(checkpoint(1, 0));
    assertThat(ask(new LeaseAsk.KeepAlive(1))).isEmpty();
    assertThat(stage.changed(List.of(new LeaseChange.Checkpointed(1, 0)), moment()))
        .containsExactly(kept(1, 600), kept(1, 600));
  }

  /** The checkpoint is in the log already, or will be, and says what remained before. */
  @Test
  void aRenewalTakesACheckpointBackThatIsOnItsWay() {
    lead();
    grant(1, 600);
    grant(2, 300);
    now += 299 * SECOND;
    ask(new LeaseAsk.KeepAlive(2));
    now += SECOND;
    var onItsWay = (LeaseEffect.Propose) stage.wake(moment()).getFirst();

    assertThat(ask(new LeaseAsk.KeepAlive(1))).containsExactly(checkpoint(1, 0));
    assertThat(ask(new LeaseAsk.KeepAlive(2))).as("a short one").containsExactly(kept(2, 300));
    stage.changed(List.of(new LeaseChange.Checkpointed(1, 300)), moment());
    assertThat(stage.proposed(onItsWay.command(), true, moment())).isEmpty();
    assertThat(stage.changed(List.of(new LeaseChange.Checkpointed(1, 0)), moment()))
        .containsExactly(kept(1, 600));
    assertThat(stage.proposed(reset(), true, moment())).isEmpty();
    assertThat(ask(new LeaseAsk.KeepAlive(1))).containsExactly(kept(1, 600));
  }

  /** Until a later entry took effect, behind which it can be no more. */
  @Test
  void aCheckpointThatWasGivenUpMayStillTakeEffect() {
    lead();
    grant(1, 600);
    now += 300 * SECOND;
    var onItsWay = (LeaseEffect.Propose) stage.wake(moment()).getFirst();
    stage.proposed(onItsWay.command(), false, moment());

    assertThat(ask(new LeaseAsk.KeepAlive(1))).containsExactly(checkpoint(1, 0));
    assertThat(stage.proposed(reset(), false, moment()))
        .containsExactly(new LeaseEffect.Reply(2, 9, new Result.Failed(Failure.TIMEOUT)));
    assertThat(ask(new LeaseAsk.KeepAlive(1))).containsExactly(checkpoint(1, 0));
    stage.changed(List.of(new LeaseChange.Checkpointed(1, 0)), moment());
    stage.proposed(reset(), true, moment());
    assertThat(ask(new LeaseAsk.KeepAlive(1))).containsExactly(kept(1, 600));
  }

  private Command reset() {
    return ((LeaseEffect.Propose) checkpoint(1, 0)).command();
  }

  @Test
  void longLeasesAreCheckpointedEveryFiveMinutes() {
    lead();
    grant(1, 600);
    grant(2, 300);
    now += 299 * SECOND;
    ask(new LeaseAsk.KeepAlive(2));
    now += SECOND;

    assertThat(stage.wake(moment())).containsExactly(checkpoint(1, 300));
  }

  /** What the stage proposes that has heard of every grant up to the newest. */
  private LeaseEffect checkpoint(long id, long remaining) {
    return new LeaseEffect.Propose(
        new Command.LeaseCheckpoint(
            TERM, List.of(new Command.LeaseCheckpoint.Remaining(id, remaining)), newestGrant + 1));
  }

  @Test
  void withoutTheGateNothingIsCheckpointed() {
    var plain = new LeaseStage(SECOND, false);
    plain.lead(TERM, now, moment());
    plain.changed(List.of(new LeaseChange.Granted(1, 3_600, 1)), moment());
    now += 1_800 * SECOND;

    assertThat(plain.wake(moment())).isEmpty();
    assertThat(plain.nextWakeNanos()).isEqualTo(now + 1_800 * SECOND);
  }

  /** What remained at the checkpoint, and the time in which nobody could renew. */
  @Test
  void aNewLeaderGivesWhatTheCheckpointLeftAndOneElectionTimeoutMore() {
    var table = new LeaseTable();
    table.add(new LeaseRecord(1, 3_600, 1_200, 1));
    table.add(new LeaseRecord(2, 3_600, 0, 2));
    stage.load(table, now);
    now += 30 * SECOND;
    lead();

    assertThat(ask(new LeaseAsk.TimeToLive(1, false))).containsExactly(remaining(1, 1_201));
    assertThat(ask(new LeaseAsk.TimeToLive(2, false))).containsExactly(remaining(2, 3_601));
  }

  /** The log has another leader's entry where the checkpoint should be taken back. */
  @Test
  void aRenewalIsNotConfirmedUnlessTheCheckpointIsTakenBack() {
    lead();
    grant(1, 600);
    stage.changed(List.of(new LeaseChange.Checkpointed(1, 100)), moment());
    var reset = (LeaseEffect.Propose) ask(new LeaseAsk.KeepAlive(1)).getFirst();

    assertThat(stage.proposed(reset.command(), false, moment()))
        .containsExactly(new LeaseEffect.Reply(2, 9, new Result.Failed(Failure.TIMEOUT)));
  }

  /** Its own entry will answer it. */
  @Test
  void aRenewalHearsNothingOfAnEntryOfAnEarlierTerm() {
    lead();
    grant(1, 600);
    stage.changed(List.of(new LeaseChange.Checkpointed(1, 100)), moment());
    var reset = (LeaseEffect.Propose) ask(new LeaseAsk.KeepAlive(1)).getFirst();
    assertThat(stage.lead(TERM + 1, now, moment()))
        .containsExactly(new LeaseEffect.Reply(2, 9, new Result.Failed(Failure.NO_LEADER)));
    var again = (LeaseEffect.Propose) ask(new LeaseAsk.KeepAlive(1)).getFirst();
    assertThat(((Command.LeaseCheckpoint) again.command()).term()).isEqualTo(TERM + 1);

    assertThat(stage.proposed(reset.command(), false, moment())).isEmpty();
    assertThat(stage.proposed(again.command(), false, moment()))
        .containsExactly(new LeaseEffect.Reply(2, 9, new Result.Failed(Failure.TIMEOUT)));
  }

  /** Confirmed, then replaced, and leading again later: the round of before does not go on. */
  @Test
  void aRoundOfAnEarlierTermEndsWithTheTerm() {
    lead();
    grant(1, 5);
    now += 5 * SECOND;
    stage.wake(moment());
    var counting = (LeaseEffect.CountKeys) stage.confirmed(TERM, moment()).getFirst();
    stage.follow();
    assertThat(stage.counted(counting.ids(), new int[] {0}, moment())).isEmpty();

    stage.lead(TERM + 2, now, moment());
    now += 6 * SECOND - 1;
    assertThat(stage.wake(moment())).isEmpty();
    now += 1;
    assertThat(stage.wake(moment())).containsExactly(new LeaseEffect.ConfirmLeadership());
    assertThat(stage.confirmed(TERM, moment())).as("an earlier term's answer").isEmpty();
  }

  private static LeaseEffect remaining(long id, long seconds) {
    return new LeaseEffect.Reply(
        2, 9, new Result.LeaseTimeToLive(7, id, seconds, 3_600, List.of()));
  }

  @Test
  void whoDoesNotLeadSaysSoAndAnswersWhatWaits() {
    lead();
    grant(1, 5);
    now += 5 * SECOND;
    expireAll();
    ask(new LeaseAsk.KeepAlive(1));

    var noLeader = new LeaseEffect.Reply(2, 9, new Result.Failed(Failure.NO_LEADER));
    assertThat(stage.follow()).containsExactly(noLeader);
    assertThat(ask(new LeaseAsk.KeepAlive(1))).containsExactly(noLeader);
  }

  @Test
  void timeToLiveIsWhatRemainsInWholeSeconds() {
    lead();
    grant(1, 5);
    now += 1;

    assertThat(ask(new LeaseAsk.TimeToLive(1, false)))
        .containsExactly(
            new LeaseEffect.Reply(2, 9, new Result.LeaseTimeToLive(7, 1, 4, 5, List.of())));
    assertThat(ask(new LeaseAsk.TimeToLive(1, true)))
        .containsExactly(
            new LeaseEffect.ReplyWithKeys(2, 9, new Result.LeaseTimeToLive(7, 1, 4, 5, List.of())));
    assertThat(ask(new LeaseAsk.TimeToLive(3, true)))
        .containsExactly(
            new LeaseEffect.Reply(2, 9, new Result.LeaseTimeToLive(7, 3, -1, 0, List.of())));
  }

  /** S10.7: and 0, not less, from its end to its revoke. */
  @Test
  void timeToLiveTellsEachStageOfALeasesLife() {
    lead();
    assertThat(timeToLive()).containsExactly(-1L, 0L);
    grant(1, 5);
    assertThat(timeToLive()).containsExactly(5L, 5L);
    now += 4 * SECOND;
    assertThat(timeToLive()).containsExactly(1L, 5L);
    ask(new LeaseAsk.KeepAlive(1));
    assertThat(timeToLive()).containsExactly(5L, 5L);
    now += 5 * SECOND;
    assertThat(timeToLive()).as("it ran out").containsExactly(0L, 5L);
    expireAll();
    now += 3 * SECOND;
    assertThat(timeToLive()).as("it is being revoked").containsExactly(0L, 5L);
    revoked(1);
    assertThat(timeToLive()).containsExactly(-1L, 0L);
    grant(1, 60);
    assertThat(timeToLive()).as("the id lives again").containsExactly(60L, 60L);
  }

  /** Both times of lease 1. */
  private List<Long> timeToLive() {
    var reply = (LeaseEffect.Reply) ask(new LeaseAsk.TimeToLive(1, false)).getFirst();
    var result = (Result.LeaseTimeToLive) reply.result();
    return List.of(result.ttlSeconds(), result.grantedSeconds());
  }

  /** S10.8: from its own state, whoever leads. */
  @Test
  void anyMemberListsLeases() {
    grant(1, 50);
    grant(2, 5);
    var listed = (LeaseEffect.Reply) ask(new LeaseAsk.Leases()).getFirst();
    assertThat(((Result.LeaseLeases) listed.result()).ids()).containsExactlyInAnyOrder(1L, 2L);

    lead();
    assertThat(ask(new LeaseAsk.Leases()))
        .containsExactly(new LeaseEffect.Reply(2, 9, new Result.LeaseLeases(7, List.of(2L, 1L))));
  }

  private Command.LeaseExpire expireAll() {
    stage.wake(moment());
    var counting = (LeaseEffect.CountKeys) stage.confirmed(TERM, moment()).getFirst();
    var proposed = stage.counted(counting.ids(), new int[counting.ids().size()], moment());
    return (Command.LeaseExpire) ((LeaseEffect.Propose) proposed.getFirst()).command();
  }

  private static List<Integer> sizes(List<LeaseEffect> effects) {
    return effects.stream()
        .map(effect -> ((LeaseEffect.Propose) effect).command())
        .map(command -> ((Command.LeaseExpire) command).ids().size())
        .toList();
  }

  /** Begins a round; the leases that it took, whose keys are to be counted. */
  private List<Long> takeExpired() {
    stage.wake(moment());
    return ((LeaseEffect.CountKeys) stage.confirmed(TERM, moment()).getFirst()).ids();
  }

  private void lead() {
    assertThat(stage.lead(TERM, now, moment())).isEmpty();
  }

  private void grant(long id, long ttlSeconds) {
    stage.changed(List.of(new LeaseChange.Granted(id, ttlSeconds, ++newestGrant)), moment());
  }

  private void revoked(long id) {
    stage.changed(List.of(new LeaseChange.Revoked(id, false)), moment());
  }

  private List<LeaseEffect> ask(LeaseAsk ask) {
    var effects = stage.asked(List.of(new LeaseStage.Asked(2, 9, ask)), moment());
    return effects.contains(new LeaseEffect.ConfirmLeadership())
        ? stage.confirmed(TERM, moment())
        : effects;
  }

  private static LeaseEffect kept(long id, long ttlSeconds) {
    return new LeaseEffect.Reply(2, 9, new Result.LeaseKeepAlive(7, id, ttlSeconds));
  }

  /** What the stage proposes that has heard of every grant up to the newest. */
  private LeaseEffect expire(long term, long... ids) {
    return new LeaseEffect.Propose(
        new Command.LeaseExpire(term, LongStream.of(ids).boxed().toList(), newestGrant + 1));
  }

  private LeaseStage.Moment moment() {
    return new LeaseStage.Moment(now, 7);
  }
}
