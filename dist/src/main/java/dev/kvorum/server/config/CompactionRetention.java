package dev.kvorum.server.config;

import java.time.Duration;

/** How much history auto compaction keeps (contract S8). */
public sealed interface CompactionRetention {
  /** All of it. */
  record Everything() implements CompactionRetention {}

  /** What happened within this time; at least 1 ns. */
  record Period(Duration period) implements CompactionRetention {}

  /** The last revisions; at least 1. */
  record Revisions(long count) implements CompactionRetention {}
}
