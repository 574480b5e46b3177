package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.MembershipChange;
import dev.kvorum.raft.core.Message;
import dev.kvorum.raft.core.TraceRecord;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.state.AppliedState;
import dev.kvorum.storage.watch.WatchRequest;

/**
 * Sees everything that matters, at the moment it happens, all members at once. An observer that
 * finds something wrong throws {@link WrongException}; the run ends there.
 *
 * <p>Members are counted from 0; the ids of messages and entries are {@link Cluster#memberId}.
 */
public interface Observer {
  /** Stands for a hash that cannot be told yet; not that of an empty store, which is 0. */
  long NO_HASH = Long.MIN_VALUE;

  /** Whether nothing is left that a healed cluster would do by itself, and has not done yet. */
  default boolean isSatisfied() {
    return true;
  }

  /** A member began to lead in the term. */
  default void leads(int member, long term) {}

  /**
   * A leader's commit index rose.
   *
   * @param term the leader's
   */
  default void commits(int leader, long term, long index) {}

  /** A member sends a message; it may be lost. */
  default void said(int member, Message message) {}

  /** A member's front end asks whether its reads may run. */
  default void asksRound(int member, long round) {}

  /** A member's Raft core says that they may, as of what was committed when it was asked. */
  default void confirmsRound(int member, long round) {}

  /** A message has come to a member. */
  default void received(int member, Message message) {}

  /** A member's Raft core was told that a heartbeat interval has passed. */
  default void ticked(int member) {}

  /** Raft tells what it decided and why. */
  default void happened(int member, TraceRecord record) {}

  /** A leader has taken in a change of who takes part; it is in its log, and no more. */
  default void changes(int leader, MembershipChange change) {}

  /** A member was told by its Raft core that the entry is committed, and hands it to its store. */
  default void committed(int member, Entry entry) {}

  /**
   * A member's store has executed everything up to the index and published the state.
   *
   * @param recordHash a hash of all records made since the cluster was founded, in revision order;
   *     equal on all members at equal revision; {@link #NO_HASH} while those of a delete that has
   *     taken effect are still being made
   */
  default void applied(int member, AppliedState state, long recordHash) {}

  /** A member's own disk holds all entries up to this one durably, and the member knows it. */
  default void durable(int member, EntryId last) {}

  /** A client's request leaves the client. */
  default void invoked(Request request) {}

  /**
   * The member that was asked hands the request to Raft.
   *
   * @param envelopeId the request id in the log entry's envelope, by which a committed entry is
   *     known to be this request
   */
  default void proposed(Request request, long envelopeId) {}

  /** A member decided the answer; it is on its way and may be lost. */
  default void answered(Request request, Reply.Answered reply) {}

  /** The client has the answer, or gave up waiting. */
  default void returned(Request request, Reply reply) {}

  /** A watch request reaches a member, whose store's revision is this. */
  default void watchAsked(long line, WatchRequest request, long revision) {}

  /**
   * A member begins to keep the leases' time in the term.
   *
   * @param elapsedNanos on the member's own clock
   */
  default void leasesLed(int member, long term, long elapsedNanos) {}

  /** A member begins to count a lease's time, by its own clock. */
  default void leaseBegun(int member, long lease, long elapsedNanos) {}

  /** A member acknowledges a renewal, by its own clock; the answer may be lost. */
  default void leaseKept(int member, long term, long lease, long ttlSeconds, long elapsedNanos) {}

  /** A member has decided that this place is the first in the queue of that name. */
  default void lockGranted(Bytes name, long lease, Bytes key, long createRevision) {}

  /** A client hears this on its watch stream. */
  default void watchHeard(long line, WatchMessage message) {}

  /** A member lost its power, or stopped itself. */
  default void stopped(int member, String reason) {}

  /** A member is up again and has read its disk. */
  default void started(int member) {}

  /** A member refuses to start, or stopped for good, with this message for its operator. */
  default void refused(int member, String message) {}

  /** The chaos is over: the network is calm and this quorum of members is up. */
  default void healed() {}

  /** Everything was answered; the run ends when no observer objects. */
  default void ended() {}
}
