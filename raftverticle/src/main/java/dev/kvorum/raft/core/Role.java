package dev.kvorum.raft.core;

/** What a member is at the moment. */
public enum Role {
  /** Follows a leader, or waits for one. A learner is a follower that never campaigns. */
  FOLLOWER,
  /** Asks whether it could win, without disturbing anybody's term (Raft thesis 9.6). */
  PRE_CANDIDATE,
  /** Asks for votes in a new term. */
  CANDIDATE,
  /** Orders the log. */
  LEADER
}
