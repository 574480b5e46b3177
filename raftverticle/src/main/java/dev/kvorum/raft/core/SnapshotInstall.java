package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.EntryId;

/**
 * A received snapshot takes the place of the state machine and of the whole log.
 *
 * @param position the last entry that the snapshot contains
 * @param membership the configuration at that entry
 */
public record SnapshotInstall(EntryId position, Membership membership) {}
