package dev.kvorum.verticles.coordination;

import static dev.kvorum.verticles.coordination.HeldCalls.found;
import static dev.kvorum.verticles.coordination.HeldCalls.kv;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whose key stays in a queue and whose does not, however an attempt ends (contract S11, S12.1). */
class QueueTest {
  private static final String GONE = "gone";
  private static final long LEASE = 0xb;
  private static final String OWN_KEY = "n/b";
  private static final String OTHER_KEY = "n/a";

  private final HeldCalls member = new HeldCalls();
  private final Queue queue = new Queue(member, GONE);
  private final List<Reply<Entry>> replies = new ArrayList<>();
  private boolean proclaims;

  private Queue.Cancelable enter() {
    return queue.enter(
        Bytes.utf8("n"),
        LEASE,
        Bytes.utf8("v"),
        member,
        (_, _, goOn, _) -> {
          proclaims = true;
          goOn.run();
        },
        replies::add);
  }

  /** The transaction that takes a place is answered: the key is new, and somebody else is first. */
  private void takeSecondPlace() {
    member.answer(
        new Result.Txn(
            12, true, List.of(new Result.Put(12, null), found(12, kv(OTHER_KEY, 5, "")))));
  }

  /** The key was there before, with the others that came before it. */
  private void findPlace(String first) {
    member.answer(
        new Result.Txn(
            20, false, List.of(found(20, kv(OWN_KEY, 12, "")), found(20, kv(first, 5, "")))));
  }

  /** Waits for the key that is before the own one. */
  private void await() {
    member.answer(found(13, kv(OTHER_KEY, 5, "")));
    assertThat(member.isWatching()).isTrue();
  }

  private void assertGivesPlaceUp() {
    assertThat(member.asked())
        .isEqualTo(
            new Command.Txn(
                List.of(Calls.createdAt(Bytes.utf8(OWN_KEY), 12)),
                List.of(Calls.delete(Bytes.utf8(OWN_KEY))),
                List.of()));
    assertThat(member.isWatching()).isFalse();
  }

  /** Whoever hears that its wait failed must find its place given up. */
  private void assertRefusedAfterGivingUp(Failure failure) {
    assertGivesPlaceUp();
    assertThat(replies).isEmpty();
    member.answer(new Result.Txn(14, true, List.of(new Result.DeleteRange(14, 1, List.of()))));
    assertThat(replies).containsExactly(new Reply.Refused<>(failure));
    assertThat(member.isQuiet()).isTrue();
  }

  @Test
  void aWaitThatCannotLookGivesThePlaceUp() {
    enter();
    takeSecondPlace();
    member.fail(Failure.TIMEOUT);

    assertRefusedAfterGivingUp(Failure.TIMEOUT);
  }

  @Test
  void aWaitThatCannotLookAgainGivesThePlaceUp() {
    enter();
    takeSecondPlace();
    await();
    member.watched().deleted(14);
    member.fail(Failure.LEADER_CHANGED);

    assertRefusedAfterGivingUp(Failure.LEADER_CHANGED);
  }

  @Test
  void aWaitThatCannotWatchGivesThePlaceUp() {
    member.refuseWatches(Failure.NO_LEADER);
    enter();
    takeSecondPlace();
    member.answer(found(13, kv(OTHER_KEY, 5, "")));

    assertRefusedAfterGivingUp(Failure.NO_LEADER);
  }

  @Test
  void aTurnThatCannotBeConfirmedGivesThePlaceUp() {
    enter();
    takeSecondPlace();
    member.answer(found(13));
    member.fail(Failure.TIMEOUT_CONNECTION_LOST);

    assertRefusedAfterGivingUp(Failure.TIMEOUT_CONNECTION_LOST);
  }

  @Test
  void whoCannotGiveThePlaceUpHearsWhyItWanted() {
    enter();
    takeSecondPlace();
    member.fail(Failure.TIMEOUT);
    assertGivesPlaceUp();
    member.fail(Failure.NO_LEADER);

    assertThat(replies).containsExactly(new Reply.Refused<>(Failure.TIMEOUT));
  }

  @Test
  void whoGotNoPlaceHasNoneToGiveUp() {
    enter();
    member.fail(Failure.LEASE_NOT_FOUND);

    assertThat(replies).containsExactly(new Reply.Refused<>(Failure.LEASE_NOT_FOUND));
    assertThat(member.isQuiet()).isTrue();
  }

  /** S11.2: after the wait the own key is looked at, and another life of it is not the own one. */
  @Test
  void whoseKeyIsGoneWhenItsTurnComesIsToldAndDeletesNothing() {
    enter();
    takeSecondPlace();
    member.answer(found(13));
    member.answer(found(14, kv(OWN_KEY, 14, "")));

    assertThat(replies).containsExactly(new Reply.Impossible<>(GONE));
    assertThat(member.isQuiet()).isTrue();
  }

  /** S20.2: of the get that decided, and not of the transaction that took the place. */
  @Test
  void whoWaitedHearsOfTheRevisionOfTheLookThatDecided() {
    enter();
    takeSecondPlace();
    await();
    member.watched().deleted(17);
    member.answer(found(18));
    member.answer(found(19, kv(OWN_KEY, 12, "")));

    assertThat(replies)
        .containsExactly(new Reply.Done<>(new Entry(Bytes.utf8(OWN_KEY), LEASE, 12, 19)));
  }

  /** S11.1: and keeps it alive as little as it takes it back. */
  @Test
  void whoBringsNoLeaseGetsOneOfAMinute() {
    queue.enter(
        Bytes.utf8("n"), 0, Bytes.utf8("v"), member, (_, _, goOn, _) -> goOn.run(), replies::add);
    assertThat(member.asked()).isEqualTo(new Command.LeaseGrant(0, 60));
    member.answer(new Result.LeaseGrant(11, LEASE, 60));
    assertThat(member.asked()).isInstanceOf(Command.Txn.class);
    member.answer(
        new Result.Txn(
            12, true, List.of(new Result.Put(12, null), found(12, kv(OWN_KEY, 12, "")))));

    assertThat(replies).hasSize(1);
    assertThat(member.isQuiet()).isTrue();
  }

  /** S11.5. */
  @Test
  void aClientThatGoesAwayWhileItWaitsGivesThePlaceUp() {
    var attempt = enter();
    takeSecondPlace();
    await();
    attempt.cancel();

    assertGivesPlaceUp();
    member.fail(Failure.TIMEOUT);
    assertThat(replies).isEmpty();
  }

  @Test
  void aClientThatGoesAwayWhileThePlaceIsTakenLeavesNoKey() {
    var attempt = enter();
    attempt.cancel();
    takeSecondPlace();

    assertGivesPlaceUp();
  }

  @Test
  void aClientThatGoesAwayWhenItsWaitHasFailedIsNotAnswered() {
    var attempt = enter();
    takeSecondPlace();
    member.fail(Failure.TIMEOUT);
    attempt.cancel();
    assertGivesPlaceUp();
    member.fail(Failure.TIMEOUT);

    assertThat(replies).isEmpty();
    assertThat(member.isQuiet()).isTrue();
  }

  /** S11.3: it held the lock before it asked again, and it does not wait (S11.5). */
  @Test
  void whoHoldsTheLockAndAsksAgainKeepsItHoweverThatEnds() {
    var attempt = enter();
    attempt.cancel();
    findPlace(OWN_KEY);

    assertThat(member.isQuiet()).isTrue();
    assertThat(replies).isEmpty();
  }

  @Test
  void whoWaitsAndAsksAgainGivesThePlaceUpWhenItGoes() {
    var attempt = enter();
    findPlace(OTHER_KEY);
    assertThat(proclaims).isTrue();
    await();
    attempt.cancel();

    assertGivesPlaceUp();
  }

  @Test
  void nothingIsProclaimedForAClientThatIsGone() {
    var attempt = enter();
    attempt.cancel();
    findPlace(OTHER_KEY);

    assertThat(proclaims).isFalse();
    assertGivesPlaceUp();
  }

  /** The end of a watch that a compaction overtook says nothing about who is there. */
  @Test
  void aWaiterWhoseWatchIsLostLooksAgain() {
    enter();
    takeSecondPlace();
    await();
    member.watched().lost();

    assertThat(member.isWatching()).isFalse();
    assertThat(member.asked()).isEqualTo(Calls.lastBefore(Bytes.utf8("n/"), 12));
    await();
  }

  @Test
  void aMemberThatStopsTellsItsWaitersOnce() {
    enter();
    takeSecondPlace();
    await();
    queue.stop();

    assertThat(replies).containsExactly(new Reply.Refused<>(Failure.STOPPED));
    assertGivesPlaceUp();
    member.fail(Failure.STOPPED);
    assertThat(replies).hasSize(1);
  }

  @Test
  void aMemberThatStopsWhileAPlaceIsGivenUpTellsItOnce() {
    enter();
    takeSecondPlace();
    member.fail(Failure.TIMEOUT);
    queue.stop();
    member.fail(Failure.STOPPED);

    assertThat(replies).containsExactly(new Reply.Refused<>(Failure.STOPPED));
  }

  @Test
  void whoIsFirstKeepsItsPlaceWhenItsClientGoesLater() {
    var attempt = enter();
    member.answer(
        new Result.Txn(
            12, true, List.of(new Result.Put(12, null), found(12, kv(OWN_KEY, 12, "")))));
    assertThat(replies)
        .containsExactly(new Reply.Done<>(new Entry(Bytes.utf8(OWN_KEY), LEASE, 12, 12)));
    attempt.cancel();

    assertThat(member.isQuiet()).isTrue();
  }
}
