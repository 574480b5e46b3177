package dev.kvorum.simulator.planted;

/**
 * A known mistake that the simulator has to find.
 *
 * @param name by which it is asked for
 * @param kind which part of the catalogue it belongs to
 * @param entry the mistake as the catalogue names it
 * @param story what the server does then, and what comes of it
 * @param substitution the one place that is rewritten
 * @param check which check should find it
 */
public record Bug(
    String name, Kind kind, String entry, String story, Substitution substitution, String check) {
  /** The parts of the catalogue. */
  public enum Kind {
    RAFT,
    STORAGE,
    MVCC,
    WATCH,
    LEASE,
    MEMBERSHIP
  }
}
