package dev.kvorum.raft.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.model.Bytes;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where the entries begin that a finding of rule P7 calls lost. */
class TailInquiryTest {
  private static final Membership VOTERS = Membership.ofVoters(List.of(1L, 2L, 3L));
  private static final int MOST_TICKS = 1_000;

  /** What a voter answers an inquiry. */
  private record Answer(long from, EntryId last, long committed, Claim claim) {
    Message.TailReport to(Message.TailInquiry inquiry) {
      return new Message.TailReport(
          from,
          inquiry.from(),
          inquiry.term(),
          inquiry.beforehand(),
          last,
          committed,
          claim,
          VOTERS);
    }
  }

  /** A voter 1 that knows entry 3 to be committed and has two more of term 2, and lost others. */
  private static RaftCore damaged(Claim claim) {
    var entries = new ArrayList<Entry>();
    for (var index = 2L; index <= 5; index++) {
      entries.add(new Entry(2, index, Entry.Type.COMMAND, Bytes.utf8("a")));
    }
    var boot =
        new RaftBoot(
            2, new HardState(3, 0, 3), DurableLog.of(RaftBoot.BIRTH, entries), VOTERS, 1, claim);
    var core = new RaftCore(RaftConfig.defaults(1, 7), boot);
    core.start();
    return core;
  }

  /** Lets the voter ask the others until it has found something. */
  private static Finding find(RaftCore core, Answer... answers) {
    for (var tick = 0; tick < MOST_TICKS; tick++) {
      var outcome = core.step(new RaftEvent.Tick());
      var found = findings(core, outcome, answers);
      if (!found.isEmpty()) {
        return found.getFirst();
      }
    }
    throw new AssertionError("nothing was found");
  }

  /** Follows up what a step says: writes are done at once, and inquiries answered. */
  private static List<Finding> findings(RaftCore core, Outcome outcome, Answer... answers) {
    var found = new ArrayList<>(outcome.findings());
    var persist = outcome.persist();
    // An outcome is valid until the next step.
    var messages = new ArrayList<>(outcome.messages());
    if (persist != null) {
      var after = core.step(new RaftEvent.Persisted(persist.sequence(), persist.last()));
      found.addAll(findings(core, after, answers));
    }
    for (var message : messages) {
      if (message instanceof Message.TailInquiry inquiry) {
        for (var answer : answers) {
          if (answer.from() == inquiry.to()) {
            var after = core.step(new RaftEvent.Receive(answer.to(inquiry)));
            found.addAll(findings(core, after, answers));
          }
        }
      }
    }
    return found;
  }

  private static EntryId at(long term, long index) {
    return new EntryId(term, index);
  }

  /**
   * Voters 1 and 3 committed 3/4 and 3/5 and lost them, and what these had overwritten is to be
   * seen again: 2/4 and 2/5. The lost entries begin behind what is known to be committed, and not
   * behind the ends of the logs.
   */
  @Test
  void whatIsLostMayBeginBeforeTheEndsOfTheLogsThatLostIt() {
    var found =
        find(
            damaged(new Claim.Unknown()),
            new Answer(2, at(2, 3), 2, new Claim.Sound()),
            new Answer(3, at(2, 5), 2, new Claim.Unknown()));

    assertThat(found).isEqualTo(new Finding.TailLost(4, Long.MAX_VALUE, List.of(1L, 3L)));
  }

  @Test
  void whatAnyVoterKnowsCommittedIsNotLost() {
    var found =
        find(
            damaged(new Claim.Reached(at(3, 6))),
            new Answer(2, at(2, 4), 4, new Claim.Sound()),
            new Answer(3, at(2, 4), 2, new Claim.Unknown()));

    assertThat(found).isEqualTo(new Finding.TailLost(5, 6, List.of(1L, 3L)));
  }

  /** Nothing of a later term can be lost on a quorum, so it is the end of one leader's log. */
  @Test
  void whatIsLostOfTheLastTermBeginsBehindTheMostUpToDateLog() {
    var found =
        find(
            damaged(new Claim.Reached(at(2, 9))),
            new Answer(2, at(2, 6), 2, new Claim.Sound()),
            new Answer(3, at(2, 4), 2, new Claim.Unknown()));

    assertThat(found).isEqualTo(new Finding.TailLost(7, 9, List.of(1L, 3L)));
  }
}
