package dev.kvorum.simulator.oracle;

import static dev.kvorum.simulator.oracle.Violations.assertWrong;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.model.Bytes;
import org.junit.jupiter.api.Test;

/** What is said about members: their logs, their terms, their states. */
final class MemberOraclesTest {
  private final LogOracle log = new LogOracle(3);
  private final AppliedOracle states = new AppliedOracle(3);

  private static Entry entry(long term, long index, String payload) {
    return new Entry(term, index, Entry.Type.COMMAND, Bytes.utf8(payload));
  }

  private void everybodyStarts() {
    for (var member = 0; member < 3; member++) {
      log.started(member);
      log.applied(member, 1);
    }
  }

  @Test
  void onlyTheFirstCommitOfAnIndexIsNew() {
    everybodyStarts();
    assertThat(log.committed(0, entry(1, 2, "a"))).isTrue();
    assertThat(log.committed(1, entry(1, 2, "a"))).isFalse();
  }

  @Test
  void anIndexWithAnotherPayloadOrTermIsWrong() {
    everybodyStarts();
    log.committed(0, entry(1, 2, "a"));
    assertWrong(() -> log.committed(1, entry(1, 2, "b")), "an index has one committed entry");
    assertWrong(() -> log.committed(2, entry(2, 2, "a")), "an index has one committed entry");
  }

  @Test
  void aGapIsWrong() {
    everybodyStarts();
    assertWrong(() -> log.committed(0, entry(1, 3, "a")), "a member commits without gaps");
  }

  @Test
  void aTermThatFallsIsWrong() {
    everybodyStarts();
    log.committed(0, entry(4, 2, "a"));
    assertWrong(() -> log.committed(0, entry(3, 3, "b")), "terms grow along the log");
  }

  @Test
  void aLifeGoesOnWhereItsStoreIs() {
    everybodyStarts();
    log.committed(0, entry(1, 2, "a"));
    log.committed(0, entry(1, 3, "b"));
    log.started(0);
    log.applied(0, 2);
    assertThat(log.committed(0, entry(1, 3, "b"))).isFalse();
  }

  @Test
  void aSnapshotSkipsEntries() {
    everybodyStarts();
    log.committed(0, entry(1, 2, "a"));
    log.committed(0, entry(1, 3, "b"));
    log.applied(1, 3);
    assertThat(log.committed(1, entry(1, 4, "c"))).isTrue();
  }

  @Test
  void applyingWhatNobodyCommittedIsWrong() {
    everybodyStarts();
    assertWrong(() -> log.applied(0, 2), "only what is committed is applied");
  }

  @Test
  void twoLeadersOfATermAreWrong() {
    log.leads(0, 70);
    log.leads(0, 70);
    log.leads(1, 71);
    assertWrong(() -> log.leads(2, 70), "a term has one leader");
  }

  @Test
  void differentStatesAtOneIndexAreWrong() {
    var moment = new Moment(5, -1);
    states.applied(0, 900, 17, moment, moment);
    states.applied(1, 900, 17, moment, moment);
    assertWrong(
        () -> states.applied(2, 900, 18, moment, moment), "equal logs lead to equal states");
  }

  @Test
  void aRevisionThatTheLogDoesNotGiveIsWrong() {
    assertWrong(
        () -> states.applied(0, 9, 1, new Moment(5, -1), new Moment(6, -1)),
        "the revision follows from the log");
    assertWrong(
        () -> states.applied(0, 9, 1, new Moment(5, 2), new Moment(5, 3)),
        "the revision follows from the log");
  }

  @Test
  void aStateThatGoesBackWithoutARestartIsWrong() {
    var moment = new Moment(5, -1);
    states.applied(0, 9, 1, moment, moment);
    assertWrong(() -> states.applied(0, 8, 1, moment, moment), "a member's state never goes back");
    states.started(0);
    states.applied(0, 8, 2, moment, moment);
  }
}
