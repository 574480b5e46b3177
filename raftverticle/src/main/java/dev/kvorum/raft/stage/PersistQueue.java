package dev.kvorum.raft.stage;

import dev.kvorum.raft.core.Damage;
import dev.kvorum.raft.core.Persist;
import dev.kvorum.raft.core.SnapshotInstall;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.Journal;
import dev.kvorum.storage.journal.Mark;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.journal.vote.Vote;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.ArrayDeque;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What is on its way to the disk, in the order in which the core asked for it.
 *
 * <p>A persist may hold a vote, which goes to the vote files, and entries, which go to the journal.
 * It is done when both are, and it is reported only after every persist before it.
 */
final class PersistQueue {
  /** One persist; {@code vote} is null once it is durable or when there was none. */
  private static final class Waiting {
    private final Persist persist;
    private final long ticket;
    private @Nullable Vote vote;

    /** A snapshot that the state machine has not been switched to. */
    private @Nullable SnapshotInstall install;

    private boolean installAsked;

    private Waiting(Persist persist, @Nullable Vote vote, long ticket) {
      this.persist = persist;
      this.vote = vote;
      this.ticket = ticket;
      install = persist.snapshot();
    }
  }

  private final Journal journal;
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

  /** The newest term, vote and claim that were asked for. */
  private Vote newest;

  private long durableTicket;

  /**
   * @param vote the term, vote and claim that the core was born with
   */
  PersistQueue(Journal journal, Vote vote) {
    this.journal = journal;
    newest = vote;
  }

  void add(Persist persist) {
    var vote = vote(persist);
    if (vote != null) {
      journal.saveVote(vote);
    }
    var ticket = 0L;
    var snapshot = persist.snapshot();
    if (snapshot != null) {
      ticket = journal.mark(new Mark.LogReset(snapshot.position()));
    }
    if (!persist.entries().isEmpty()) {
      ticket = journal.append(persist.entries(), persist.commit());
    }
    waiting.add(new Waiting(persist, vote, ticket));
  }

  /** What goes to the vote files, or null if neither term nor vote nor claim is new. */
  private @Nullable Vote vote(Persist persist) {
    var hardState = persist.hardState();
    var claim = claim(persist.damage());
    if (hardState == null && claim == null) {
      return null;
    }
    var term = hardState == null ? newest.term() : hardState.term();
    var votedFor = hardState == null ? newest.votedFor() : hardState.vote();
    newest = new Vote(term, votedFor, claim == null ? newest.claim() : claim);
    return newest;
  }

  private static @Nullable Claim claim(@Nullable Damage damage) {
    return switch (damage) {
      case null -> null;
      case Damage.None _ -> new Claim.Sound();
      case Damage.Claimed(var position) -> new Claim.Reached(position);
      case Damage.Unknown _ -> new Claim.Unknown();
    };
  }

  void durable(long ticket) {
    durableTicket = ticket;
  }

  /**
   * A durable vote settles every earlier one: the vote files keep the newest, and one that was
   * replaced before it reached the disk is never reported by itself.
   */
  void voteDurable(Vote vote) {
    if (waiting.stream().noneMatch(one -> vote.equals(one.vote))) {
      return;
    }
    for (var one : waiting) {
      var isThisOne = vote.equals(one.vote);
      one.vote = null;
      if (isThisOne) {
        return;
      }
    }
  }

  /** The state machine is the snapshot's from now on. */
  void installed() {
    var head = InvariantViolation.present(waiting.peekFirst(), "an install was asked for");
    InvariantViolation.check(head.installAsked && head.install != null, "and is not done yet");
    head.install = null;
  }

  /**
   * Hands over every persist that is done, oldest first. The state machine is switched to a
   * snapshot only when the log begins behind it, durably: a crash in between finds a log that only
   * that snapshot fits.
   */
  void drain(Consumer<SnapshotInstall> install, BiConsumer<Long, EntryId> done) {
    while (true) {
      var head = waiting.peekFirst();
      if (head == null || head.vote != null || head.ticket > durableTicket) {
        return;
      }
      var wanted = head.install;
      if (wanted != null) {
        if (!head.installAsked) {
          head.installAsked = true;
          install.accept(wanted);
        }
        return;
      }
      waiting.removeFirst();
      done.accept(head.persist.sequence(), head.persist.last());
    }
  }
}
