package dev.kvorum.storage.journal.disk;

/**
 * The disk did not do what it was told. A value, because some faults have an answer: no space while
 * a segment is prepared is waited out, a failed sync is final.
 *
 * @param kind what failed
 * @param path the file or directory, relative to the disk's root
 * @param detail what the operating system said
 */
public record DiskFault(Kind kind, String path, String detail) {
  /** What failed, which decides what the journal may still do. */
  public enum Kind {
    /** A write, creation, renaming or deletion failed. */
    WRITE,
    /** A file's or directory's sync failed: nothing un-synced can be trusted any more (P9). */
    SYNC,
    /** A read failed: what lay there counts as damaged (P10). */
    READ,
    /** The file system is full, or the owner's quota is used up. */
    NO_SPACE
  }

  /** The line that people read. */
  public String message() {
    return switch (kind) {
          case WRITE -> "cannot write ";
          case SYNC -> "cannot sync ";
          case READ -> "cannot read ";
          case NO_SPACE -> "no space left for ";
        }
        + path
        + ": "
        + detail;
  }
}
