package dev.kvorum.storage.journal.disk;

import java.io.IOException;
import java.nio.file.FileSystemException;

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

  /** A failed change of a file as a fault: no space, or anything else that is final. */
  public static DiskFault ofWrite(String path, IOException cause) {
    var reason = cause instanceof FileSystemException f ? f.getReason() : cause.getMessage();
    var detail = reason == null ? cause.getClass().getSimpleName() : reason;
    // The JDK has no exception of its own for this, only the system's text.
    var noSpace =
        detail.contains("No space left on device") || detail.contains("Disk quota exceeded");
    return new DiskFault(noSpace ? Kind.NO_SPACE : Kind.WRITE, path, detail);
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
