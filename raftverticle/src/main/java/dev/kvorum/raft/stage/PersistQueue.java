package dev.kvorum.raft.stage;

import dev.kvorum.raft.core.Persist;
import dev.kvorum.raft.core.SnapshotInstall;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.Journal;
import dev.kvorum.storage.journal.Mark;
import dev.kvorum.storage.journal.vote.Vote;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What is on its way to the disk, in the order in which the core asked for it.
 *
 * <p>A persist may hold a vote or a claim, which go to the vote files, and a snapshot and entries,
 * which go to the journal. It is done when all of them are, and it is reported only after every
 * persist before it.
 *
 * <p>A snapshot is installed in three steps, and a crash between any two of them is harmless. Its
 * file is whole and synced before the core hears of it. The journal then begins anew behind it, in
 * one batch with the mark that the file is good: a member that stops here finds a state store
 * behind its journal and rebuilds it from that file. Last, the store takes the snapshot's place for
 * its state; only then is the persist done, so nothing behind the snapshot is applied to the old
 * state.
 */
final class PersistQueue {
  private record Waiting(Persist persist, long voteNumber, long ticket) {}

  /** Who hears of what is done. */
  interface Listener {
    void persisted(long sequence, EntryId last);

    /** The journal begins behind the snapshot: the store must be replaced now. */
    void install(SnapshotInstall snapshot);
  }

  private final Journal journal;
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private Vote vote;
  private long durableVote;
  private long durableTicket;

  /** The store is being replaced by the snapshot of the oldest persist. */
  private @Nullable EntryId installing;

  private boolean installed;

  PersistQueue(Journal journal) {
    this.journal = journal;
    vote = journal.voteAtBoot();
  }

  void add(Persist persist) {
    var hardState = persist.hardState();
    var claim = persist.claim() == null ? vote.claim() : persist.claim();
    var voteNumber = 0L;
    if (hardState != null) {
      vote = new Vote(hardState.term(), hardState.vote(), claim);
      voteNumber = journal.saveVote(vote);
    } else if (persist.claim() != null) {
      vote = new Vote(vote.term(), vote.votedFor(), claim);
      voteNumber = journal.saveVote(vote);
    }
    var ticket = 0L;
    var snapshot = persist.snapshot();
    if (snapshot != null) {
      journal.mark(new Mark.LogReset(snapshot.position()));
      ticket = journal.mark(new Mark.SnapshotTaken(snapshot.position()));
    }
    if (!persist.entries().isEmpty()) {
      ticket = journal.append(persist.entries(), persist.commit());
    }
    waiting.addLast(new Waiting(persist, voteNumber, ticket));
  }

  void durable(long ticket) {
    durableTicket = ticket;
  }

  void voteDurable(long number) {
    durableVote = number;
  }

  /** The store holds the snapshot. */
  void installed(EntryId position) {
    if (position.equals(installing)) {
      installed = true;
    }
  }

  /** Hands over every persist that is done, oldest first. */
  void drain(Listener listener) {
    while (true) {
      var head = waiting.peekFirst();
      if (head == null || head.voteNumber > durableVote || head.ticket > durableTicket) {
        return;
      }
      var snapshot = head.persist.snapshot();
      if (snapshot != null && !installed) {
        if (installing == null) {
          installing = snapshot.position();
          listener.install(snapshot);
        }
        return;
      }
      installing = null;
      installed = false;
      waiting.removeFirst();
      listener.persisted(head.persist.sequence(), head.persist.last());
    }
  }
}
