package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What must become durable, all of it by one {@link RaftEvent.Persisted}. Done in the order of
 * {@code sequence} and, within one, in the order of the fields: first the hard state and the claim,
 * then the snapshot, then the entries. Several may be under way; a disk may join them.
 *
 * <p>Nothing needs to be held back meanwhile: {@link RaftCore} itself keeps every message that may
 * go only after this and hands it out in the step that learns of the completion.
 *
 * @param sequence 1, 2, 3, ... since this member's start
 * @param hardState the new term and vote, or null if neither changed
 * @param claim what is now known about lost entries, or null if that did not change
 * @param snapshot a received snapshot that replaces state machine and log, or null
 * @param entries to append; they replace whatever stands at or above the first one's index
 * @param last the last entry of {@code entries}; or, without entries, of the snapshot; or zero
 * @param commit the highest index known committed, to be written along as a hint
 */
public record Persist(
    long sequence,
    @Nullable HardState hardState,
    @Nullable Claim claim,
    @Nullable SnapshotInstall snapshot,
    List<Entry> entries,
    EntryId last,
    long commit) {}
