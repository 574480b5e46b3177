package dev.kvorum.storage.journal.snapshot;

import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.model.Bytes;

/**
 * What a snapshot is a snapshot of.
 *
 * @param position the last entry that the state contains
 * @param revision the store's revision at that entry
 * @param membership the members at that entry, opaque here
 * @param meta whatever else the state store wants back, opaque here
 */
public record SnapshotHeader(EntryId position, long revision, Bytes membership, Bytes meta) {}
