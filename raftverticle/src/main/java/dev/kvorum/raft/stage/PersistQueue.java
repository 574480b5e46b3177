package dev.kvorum.raft.stage;

import dev.kvorum.raft.core.HardState;
import dev.kvorum.raft.core.Persist;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.Journal;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.journal.vote.Vote;
import java.util.ArrayDeque;
import java.util.function.BiConsumer;
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

    private Waiting(Persist persist, @Nullable Vote vote, long ticket) {
      this.persist = persist;
      this.vote = vote;
      this.ticket = ticket;
    }
  }

  private final Journal journal;
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private Claim claim;
  private long durableTicket;

  PersistQueue(Journal journal, Claim claim) {
    this.journal = journal;
    this.claim = claim;
  }

  void add(Persist persist) {
    var vote = vote(persist.hardState());
    if (vote != null) {
      journal.saveVote(vote);
    }
    var ticket =
        persist.entries().isEmpty() ? 0 : journal.append(persist.entries(), persist.commit());
    waiting.add(new Waiting(persist, vote, ticket));
  }

  private @Nullable Vote vote(@Nullable HardState hardState) {
    return hardState == null ? null : new Vote(hardState.term(), hardState.vote(), claim);
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

  /** Hands over every persist that is done, oldest first. */
  void drain(BiConsumer<Long, EntryId> done) {
    while (true) {
      var head = waiting.peekFirst();
      if (head == null || head.vote != null || head.ticket > durableTicket) {
        return;
      }
      waiting.removeFirst();
      done.accept(head.persist.sequence(), head.persist.last());
    }
  }
}
