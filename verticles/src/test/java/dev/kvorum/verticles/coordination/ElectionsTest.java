package dev.kvorum.verticles.coordination;

import static dev.kvorum.verticles.coordination.HeldCalls.found;
import static dev.kvorum.verticles.coordination.HeldService.delete;
import static dev.kvorum.verticles.coordination.HeldService.put;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import dev.kvorum.verticles.service.CallContext;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What an observer hears whatever happens meanwhile, and whose lease a value has (S12.2, S12.4).
 */
class ElectionsTest {
  private static final Bytes NAME = Bytes.utf8("e");
  private static final Bytes PREFIX = Bytes.utf8("e/");

  private final HeldService member = new HeldService();
  private final Elections elections = new Elections(member);
  private final List<String> told = new ArrayList<>();

  private Runnable observe(Room room) {
    return elections.observe(
        NAME,
        CallContext.PLAIN,
        room,
        reply ->
            told.add(
                switch (reply) {
                  case Reply.Done<Elections.Leader>(var leader) ->
                      "%s=%s @%d"
                          .formatted(leader.kv().key(), leader.kv().value(), leader.revision());
                  case Reply.Refused<Elections.Leader>(var failure) -> failure.toString();
                  case Reply.Impossible<Elections.Leader>(var text) -> text;
                }));
  }

  /** Looks at the revision, 0 for the present, and finds that; the header has the revision. */
  private void look(long revision, Result.Range found) {
    assertThat(member.asked()).isEqualTo(Calls.firstAt(PREFIX, revision));
    member.answer(found);
  }

  @Test
  void anObserverHearsOfTheLeaderAndOfEveryValue() {
    observe(Room.ENDLESS);
    look(0, found(9, put("e/a", 5, 7, "1")));
    assertThat(member.watched()).isEqualTo("e/a to '' from 10");
    member.show(put("e/a", 5, 10, "2"), put("e/a", 5, 11, "3"));

    assertThat(told).containsExactly("e/a=1 @9", "e/a=2 @10", "e/a=3 @11");
  }

  /** Two leaders come and go before the observer looks. */
  @Test
  void anObserverHearsOfLeadersThatAreGoneWhenItLooks() {
    observe(Room.ENDLESS);
    look(0, found(9, put("e/a", 5, 5, "1")));
    member.show(put("e/a", 5, 10, "2"), delete("e/a", 12));
    look(12, found(20, put("e/b", 6, 6, "b")));
    assertThat(member.watched()).isEqualTo("e/b to '' from 13");
    member.show(delete("e/b", 14));
    look(14, found(20));
    assertThat(member.watched()).isEqualTo("e/ to 'e0' from 15");
    member.show(put("e/c", 17, 17, "c"), put("e/d", 18, 18, "d"));

    assertThat(member.watched()).isEqualTo("e/c to '' from 18");
    assertThat(told).containsExactly("e/a=1 @9", "e/a=2 @10", "e/b=b @12", "e/c=c @17");
  }

  /** What was to be seen is compacted: there is another leader meanwhile. */
  @Test
  void anObserverWhoseWatchACompactionOvertakesLooksAgain() {
    observe(Room.ENDLESS);
    look(0, found(9, put("e/a", 5, 7, "1")));
    member.end();
    assertThat(member.isWatching()).isFalse();
    look(0, found(30, put("e/b", 22, 25, "2")));

    assertThat(member.watched()).isEqualTo("e/b to '' from 31");
    assertThat(told).containsExactly("e/a=1 @9", "e/b=2 @30");
  }

  @Test
  void anObserverIsNotToldAgainOfWhatItHasHeard() {
    observe(Room.ENDLESS);
    look(0, found(9, put("e/a", 5, 7, "1")));
    member.end();
    look(0, found(30, put("e/a", 5, 7, "1")));
    assertThat(member.watched()).isEqualTo("e/a to '' from 31");
    member.end();
    look(0, found(40, put("e/a", 5, 35, "1")));

    assertThat(told).as("proclaimed again, if with the same value").hasSize(2);
  }

  @Test
  void anObserverThatWaitsForALeaderOutlivesACompaction() {
    observe(Room.ENDLESS);
    look(0, found(9));
    member.end();
    look(0, found(30));
    assertThat(member.watched()).isEqualTo("e/ to 'e0' from 31");
    member.show(put("e/a", 33, 33, "1"));

    assertThat(told).containsExactly("e/a=1 @33");
  }

  @Test
  void aLookIntoWhatIsCompactedIsOneAtThePresent() {
    observe(Room.ENDLESS);
    look(0, found(9, put("e/a", 5, 5, "1")));
    member.show(delete("e/a", 12));
    assertThat(member.asked()).isEqualTo(Calls.firstAt(PREFIX, 12));
    member.answer(new Result.Failed(Failure.COMPACTED));
    look(0, found(20, put("e/c", 17, 17, "c")));

    assertThat(told).containsExactly("e/a=1 @9", "e/c=c @20");
  }

  @Test
  void anObserverThatCannotLookIsToldWhy() {
    observe(Room.ENDLESS);
    member.answer(new Result.Failed(Failure.TIMEOUT));

    assertThat(told).containsExactly("TIMEOUT");
    assertThat(member.isQuiet()).isTrue();
  }

  @Test
  void anObserverThatIsGoneHearsNothingMore() {
    var stop = observe(Room.ENDLESS);
    look(0, found(9, put("e/a", 5, 5, "1")));
    stop.run();
    assertThat(member.isWatching()).isFalse();

    var stopEarly = observe(Room.ENDLESS);
    stopEarly.run();
    look(0, found(9, put("e/a", 5, 5, "1")));
    assertThat(member.isWatching()).isFalse();
    assertThat(told).hasSize(1);
  }

  /** S12.2 as S11.1: a leader's key without a lease would never end. */
  @Test
  void aValueIsProclaimedWithALeaseWhateverTheLeaderNames() {
    var answers = new ArrayList<Reply<Long>>();
    elections.proclaim(Bytes.utf8("e/a"), 5, 0, Bytes.utf8("v"), CallContext.PLAIN, answers::add);
    assertThat(member.asked()).isEqualTo(new Command.LeaseGrant(0, 60));
    member.answer(new Result.LeaseGrant(9, 77, 60));
    assertThat(member.asked())
        .isEqualTo(
            new Command.Txn(
                List.of(Calls.createdAt(Bytes.utf8("e/a"), 5)),
                List.of(Calls.put(Bytes.utf8("e/a"), Bytes.utf8("v"), 77)),
                List.of()));
    member.answer(new Result.Txn(10, true, List.of(new Result.Put(10, null))));

    assertThat(answers).containsExactly(new Reply.Done<>(10L));
  }

  @Test
  void nothingIsProclaimedWhenThereIsNoLeaseForIt() {
    var answers = new ArrayList<Reply<Long>>();
    elections.proclaim(Bytes.utf8("e/a"), 5, 0, Bytes.utf8("v"), CallContext.PLAIN, answers::add);
    member.answer(new Result.Failed(Failure.NO_SPACE));

    assertThat(answers).containsExactly(new Reply.Refused<>(Failure.NO_SPACE));
    assertThat(member.isQuiet()).isTrue();
  }
}
