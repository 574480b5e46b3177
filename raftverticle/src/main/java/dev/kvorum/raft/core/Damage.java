package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.EntryId;

/**
 * Whether this member's disk has lost entries that the member once acknowledged. A damaged member
 * keeps replicating but is no full voter: it never campaigns, and it grants votes only where the
 * entries it lost cannot be missed. The rules and why they suffice are in {@code docs/raft.md}.
 */
public sealed interface Damage {
  /** Nothing is known to be lost. */
  record None() implements Damage {}

  /**
   * Everything acknowledged lies at or before this position.
   *
   * @param position the last entry that this member may have acknowledged
   */
  record Claimed(EntryId position) implements Damage {}

  /** Something acknowledged is lost and nobody knows how far it went. */
  record Unknown() implements Damage {}

  /** The weaker trust of the two: what must hold when both findings are true. */
  default Damage and(Damage other) {
    return switch (this) {
      case None _ -> other;
      case Unknown _ -> this;
      case Claimed(var mine) ->
          switch (other) {
            case None _ -> this;
            case Unknown _ -> other;
            case Claimed(var theirs) -> mine.compareTo(theirs) >= 0 ? this : other;
          };
    };
  }
}
