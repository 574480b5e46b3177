package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.StateHash;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What can happen to {@link RaftCore}. */
public sealed interface RaftEvent {
  /** Time has passed: one heartbeat interval's unit. Never delivered in bursts after a pause. */
  record Tick() implements RaftEvent {}

  /**
   * Clients want these commands in the log, in this order; all are taken or none. Answered by
   * {@link Outcome#proposal()}.
   */
  record Propose(List<Bytes> commands) implements RaftEvent {
    public Propose {
      if (commands.isEmpty()) {
        throw new IllegalArgumentException("a proposal without commands");
      }
    }
  }

  /** A change of who takes part is wanted. Answered by {@link Outcome#proposal()}. */
  record ChangeMembership(MembershipChange change) implements RaftEvent {}

  /** A peer's message has arrived. */
  record Receive(Message message) implements RaftEvent {}

  /**
   * Everything of a {@link Persist} is durable, and so is everything of those before it. Never
   * reported for a write that failed: a member whose disk failed stops.
   *
   * @param sequence of the persist
   * @param last its {@link Persist#last()}, given back as a check
   */
  record Persisted(long sequence, EntryId last) implements RaftEvent {}

  /** The state machine has executed everything up to this index. */
  record Applied(long index) implements RaftEvent {}

  /**
   * The state machine has come to a membership entry; reported before any {@link Applied} at or
   * above its index.
   *
   * @param index of the entry
   * @param change the entry's change, or null if the state machine refused it
   */
  record MembershipApplied(long index, @Nullable MembershipChange change) implements RaftEvent {}

  /**
   * Somebody waits to read the latest. Answered, now or in a later step, by {@link
   * Outcome#reads()}. Whoever has many readers lets them share a token.
   *
   * @param token comes back with the answer
   */
  record ReadRequest(long token) implements RaftEvent {}

  /**
   * The state machine's hash where it stands; told at every 4,096th index, and each second where it
   * stands while nothing happens. All members tell the former at the same indexes.
   */
  record StateHashed(StateHash hash) implements RaftEvent {}

  /** The journal does not give back the entries of an {@link EntryRead} from this index on. */
  record JournalUnreadable(long index) implements RaftEvent {}

  /** Somebody wants this member to lead. */
  record TransferLeadership(long target) implements RaftEvent {}

  /** Campaign now, without waiting for the election timeout. */
  record Campaign() implements RaftEvent {}

  /** Forget the leader, so that this member may vote for another one at once. */
  record ForgetLeader() implements RaftEvent {}

  /** No connection to the peer: what is on the way to it is probably lost. */
  record Unreachable(long peer) implements RaftEvent {}

  /**
   * The stream of a snapshot to a peer has ended; the answer to each {@link SnapshotRequest}.
   *
   * @param index where the snapshot ended; ignored when it was not delivered
   * @param delivered whether the peer has received all of it
   */
  record SnapshotReported(long peer, long index, boolean delivered) implements RaftEvent {}

  /**
   * The journal no longer serves entries up to and including this one; never above what is applied.
   */
  record CompactLog(long index) implements RaftEvent {}

  /**
   * Answers an {@link EntryRead}.
   *
   * @param reader of the request
   * @param from of the request
   * @param entries from {@code from} on, without gaps; at least one unless they are gone
   */
  record EntriesRead(long reader, long from, List<Entry> entries) implements RaftEvent {}
}
