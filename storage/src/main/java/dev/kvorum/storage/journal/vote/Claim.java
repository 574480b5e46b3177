package dev.kvorum.storage.journal.vote;

import dev.kvorum.storage.journal.EntryId;

/**
 * What a member may have acknowledged and can no longer show. Until it is cured, a damaged member
 * keeps replicating but is no full voter: it never campaigns, and votes only for candidates that
 * cannot lack what it lost, those at least as far as its claim (P5). Why that suffices is told in
 * {@code docs/raft.md}.
 */
public sealed interface Claim {
  /** Nothing acknowledged is missing. */
  record Sound() implements Claim {}

  /** The log once reached this position. */
  record Reached(EntryId position) implements Claim {}

  /** The log was damaged and nothing tells how far it reached. No candidate gets a vote. */
  record Unknown() implements Claim {}

  /** Whether something behind this position may have been acknowledged and lost. */
  default boolean isBeyond(EntryId position) {
    return switch (this) {
      case Sound _ -> false;
      case Reached(var mine) -> mine.compareTo(position) > 0;
      case Unknown _ -> true;
    };
  }

  /** The weaker trust of the two: what must hold when both findings are true. */
  default Claim and(Claim other) {
    return switch (this) {
      case Sound _ -> other;
      case Unknown _ -> this;
      case Reached(var mine) ->
          switch (other) {
            case Sound _ -> this;
            case Unknown _ -> other;
            case Reached(var theirs) -> mine.compareTo(theirs) >= 0 ? this : other;
          };
    };
  }
}
