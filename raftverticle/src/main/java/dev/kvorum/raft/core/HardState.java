package dev.kvorum.raft.core;

/**
 * What a member must never forget about elections, with the commit position it knew then.
 *
 * @param term the latest term this member has seen
 * @param vote the member that got this member's vote in that term, or 0
 * @param commit the highest index known committed; only a hint, it may be older than the truth
 */
public record HardState(long term, long vote, long commit) {
  /** A member that has seen nothing. */
  public static final HardState NONE = new HardState(0, 0, 0);
}
