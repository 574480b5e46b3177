package dev.kvorum.storage.journal.vote;

import dev.kvorum.storage.journal.EntryId;

/**
 * What a member may have acknowledged and can no longer show. Until it is cured, a damaged member
 * never campaigns and votes only for candidates that are at least as far as its claim (P5).
 */
public sealed interface Claim {
  /** Nothing acknowledged is missing. */
  record Sound() implements Claim {}

  /** The log once reached this position. */
  record Reached(EntryId position) implements Claim {}

  /** The log was damaged and nothing tells how far it reached. No candidate gets a vote. */
  record Unknown() implements Claim {}
}
