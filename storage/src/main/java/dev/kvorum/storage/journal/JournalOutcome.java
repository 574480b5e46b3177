package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.disk.DiskFault;
import dev.kvorum.storage.journal.vote.Vote;

/** What a completed disk job means to whoever waits for it. */
public sealed interface JournalOutcome {
  /**
   * Everything appended or marked with a ticket up to and including {@code ticket} is durable.
   *
   * @param last the last entry of the log as it is durable. A receiver whose log was overwritten
   *     meanwhile must compare it with its own log before counting it: the same index may hold an
   *     entry of another term by now.
   */
  record Durable(long ticket, EntryId last) implements JournalOutcome {}

  /**
   * Both vote files hold this vote; it may be answered now (P8).
   *
   * @param number what {@link Journal#saveVote} returned for it; every vote up to it is settled
   */
  record VoteDurable(Vote vote, long number) implements JournalOutcome {}

  /**
   * The file system is full. The ballast was given up, so appending goes on for the moment; raise
   * the NOSPACE alarm (P15).
   */
  record SpaceLow(DiskFault fault) implements JournalOutcome {}

  /**
   * There is no space for another segment (P15). Nothing is lost: what was appended waits. Hand
   * over leadership, acknowledge nothing, and call {@link Journal#retrySpace()} each second.
   */
  record SpaceMissing(DiskFault fault) implements JournalOutcome {}

  /** After {@link SpaceMissing}: a segment could be prepared, appending goes on. */
  record SpaceFound() implements JournalOutcome {}

  /**
   * A write or sync failed (P9). Nothing more becomes durable and nothing may be acknowledged;
   * whatever was in flight may or may not be there after a restart. Stop the process.
   */
  record Failed(DiskFault fault) implements JournalOutcome {}
}
