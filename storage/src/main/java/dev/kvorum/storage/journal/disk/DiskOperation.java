package dev.kvorum.storage.journal.disk;

import java.nio.ByteBuffer;

/**
 * One thing to do to a file. Paths are relative to the disk's root, with {@code /} between names.
 *
 * <p>Operations given together are performed in order, and the first one that fails ends the list:
 * what comes after it is not attempted.
 */
public sealed interface DiskOperation {
  /** The path that a fault of this operation names. */
  String path();

  /** Makes a directory, readable by its owner alone. Legal when it exists. */
  record MakeDirectory(String path) implements DiskOperation {}

  /** Makes an empty file, readable by its owner alone. A fault when it exists. */
  record Create(String path) implements DiskOperation {}

  /** Writes zeros to {@code [offset, offset + length)}, extending the file when it is shorter. */
  record WriteZeros(String path, long offset, long length) implements DiskOperation {
    public WriteZeros {
      requireRange(offset, length);
    }
  }

  /**
   * Extends the file, which ends at {@code offset}, by {@code length} bytes that read as zeros and
   * for which the space is there. Nothing is written where the file system can do without.
   */
  record Reserve(String path, long offset, long length) implements DiskOperation {
    public Reserve {
      requireRange(offset, length);
    }
  }

  /**
   * Writes what remains in {@code content} at {@code offset}, extending the file when it is
   * shorter. The buffer belongs to the disk until the completion; its position is not changed.
   */
  record Write(String path, long offset, ByteBuffer content) implements DiskOperation {
    public Write {
      requireRange(offset, content.remaining());
    }
  }

  /** Makes the file's content and size durable (fdatasync). */
  record Sync(String path) implements DiskOperation {}

  /** Makes every creation, renaming and deletion in the directory durable (P16). */
  record SyncDirectory(String path) implements DiskOperation {}

  /** Renames a file; an existing target is replaced. {@link #path()} is the source. */
  record Rename(String path, String target) implements DiskOperation {}

  /** Deletes a file. Legal when it is not there. */
  record Delete(String path) implements DiskOperation {}

  private static void requireRange(long offset, long length) {
    if (offset < 0 || length < 0) {
      throw new IllegalArgumentException("offset " + offset + ", length " + length);
    }
  }
}
