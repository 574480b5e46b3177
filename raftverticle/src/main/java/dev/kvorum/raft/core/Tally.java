package dev.kvorum.raft.core;

/** How a vote stands. */
public enum Tally {
  /** Both outcomes are still possible. */
  PENDING,
  WON,
  LOST
}
