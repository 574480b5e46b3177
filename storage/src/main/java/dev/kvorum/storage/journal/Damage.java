package dev.kvorum.storage.journal;

import org.jspecify.annotations.Nullable;

/**
 * A part of the journal that was once durable and is not whole any more.
 *
 * @param kind what it looks like
 * @param segment the file's path
 * @param sector the first sector concerned
 * @param batch the sequence number of the batch that is missing there
 * @param fromIndex the first index that is lost
 * @param toIndex the last index that is lost, below {@code fromIndex} if only marks are lost,
 *     {@link Long#MAX_VALUE} if nothing tells
 * @param claimed how far the log had reached when the damaged batch, or the last one behind it, was
 *     written; null if nothing tells
 */
public record Damage(
    Kind kind,
    String segment,
    int sector,
    long batch,
    long fromIndex,
    long toIndex,
    @Nullable EntryId claimed) {
  /** The verdicts of P4 that mean that something acknowledged may be missing. */
  public enum Kind {
    /** A synced write vanished: blank or old sectors where later batches prove a batch was. */
    LOST,
    /** Garbage, misplaced or unreadable sectors where a batch was. */
    ROT,
    /**
     * The batch can be read, but after a disk failure nothing tells whether it is on the medium.
     */
    UNPROVEN
  }

  Damage withClaim(@Nullable EntryId position) {
    return new Damage(kind, segment, sector, batch, fromIndex, toIndex, position);
  }

  /** The entries from the index on were overwritten by entries that are there. */
  Damage overwrittenFrom(long index) {
    return new Damage(
        kind, segment, sector, batch, fromIndex, Math.min(toIndex, index - 1), claimed);
  }

  /** Whether any entry is missing, as far as anything tells. */
  public boolean losesEntries() {
    return fromIndex <= toIndex;
  }

  /** The missing indexes as people read them. */
  public String range() {
    if (!losesEntries()) {
      return "no entries";
    }
    return toIndex == Long.MAX_VALUE
        ? "entries from index " + fromIndex + " on"
        : "entries " + fromIndex + " to " + toIndex;
  }
}
