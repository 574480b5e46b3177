package dev.kvorum.storage.journal.disk;

/**
 * What can go wrong with one operation or with one sector of a disk, short of a crash. Each kind
 * says to which calls it can happen; with any other call it does nothing.
 */
public enum FaultKind {
  /** A write, creation, renaming or deletion fails. A part of a write may have happened. */
  WRITE_ERROR,

  /** A read fails. */
  READ_ERROR,

  /**
   * A sync fails as on ext4 and XFS: the pages count as clean from then on. What was written can
   * still be read, until the cache is dropped, and the next sync succeeds without writing it.
   */
  SYNC_ERROR_PAGES_CLEAN,

  /** A sync fails as on Btrfs: the content from before the writes is read from then on. */
  SYNC_ERROR_OLD_CONTENT,

  /** A write, creation or renaming finds no space. */
  NO_SPACE,

  /** A write succeeds, and the medium never gets it. It is read until the cache is dropped. */
  LOST_WRITE,

  /** A write reaches the medium in another place of the file; read as {@link #LOST_WRITE} is. */
  MISDIRECTED_WRITE,

  /** A sync succeeds without making anything durable. */
  LYING_SYNC,

  /** A read finds a sector as it was before it was written last. */
  STALE_READ,

  /** A read finds what lies elsewhere in the file. */
  MISDIRECTED_READ,

  /** A read finds one bit flipped. */
  FLIPPED_BIT,

  /** A read finds a sector of zeros. */
  ZEROED_SECTOR,

  /** A read finds a sector of noise. */
  GARBLED_SECTOR,

  /** A read ends early, as if the file did. */
  SHORT_READ;

  /** Whether it can happen to the operation. */
  public boolean appliesTo(DiskOperation operation) {
    return switch (operation) {
      case DiskOperation.Write _ ->
          this == WRITE_ERROR
              || this == NO_SPACE
              || this == LOST_WRITE
              || this == MISDIRECTED_WRITE;
      case DiskOperation.WriteZeros _, DiskOperation.Reserve _ ->
          this == WRITE_ERROR || this == NO_SPACE || this == LOST_WRITE;
      case DiskOperation.Create _, DiskOperation.MakeDirectory _, DiskOperation.Rename _ ->
          this == WRITE_ERROR || this == NO_SPACE;
      case DiskOperation.Delete _ -> this == WRITE_ERROR;
      case DiskOperation.Sync _ ->
          this == SYNC_ERROR_PAGES_CLEAN || this == SYNC_ERROR_OLD_CONTENT || this == LYING_SYNC;
      case DiskOperation.SyncDirectory _ -> this == SYNC_ERROR_PAGES_CLEAN || this == LYING_SYNC;
    };
  }

  /** Whether it can happen to a read. */
  public boolean appliesToReads() {
    return switch (this) {
      case READ_ERROR,
          STALE_READ,
          MISDIRECTED_READ,
          FLIPPED_BIT,
          ZEROED_SECTOR,
          GARBLED_SECTOR,
          SHORT_READ ->
          true;
      case WRITE_ERROR,
          SYNC_ERROR_PAGES_CLEAN,
          SYNC_ERROR_OLD_CONTENT,
          NO_SPACE,
          LOST_WRITE,
          MISDIRECTED_WRITE,
          LYING_SYNC ->
          false;
    };
  }
}
