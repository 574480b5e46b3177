package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;

/**
 * Reads the sectors of one segment through a window. A sector that the disk cannot read, and one
 * that should be there but is behind the end of the file, counts as garbage.
 */
final class SegmentReader {
  private static final int WINDOW_SECTORS = 512;

  private final Disk disk;
  private final SegmentFile file;
  private ByteBuffer window;
  private int windowFrom;
  private int windowCount;

  /** Sectors of the window that could not be read, from its beginning. */
  private final BitSet unreadable = new BitSet();

  /** How many sectors the segment should have: the file may have been shortened. */
  private int sectorCount;

  SegmentReader(Disk disk, SegmentFile file) {
    this.disk = disk;
    this.file = file;
    this.sectorCount = Math.max(file.sectorCount(), JournalOptions.LEAST_SECTORS);
    this.window = allocate(Math.min(WINDOW_SECTORS, sectorCount));
  }

  SegmentFile file() {
    return file;
  }

  int sectorCount() {
    return sectorCount;
  }

  /** The segment's first record says how long the file was made. */
  void declare(int sectors) {
    sectorCount = Math.max(sectorCount, sectors);
  }

  /** The file is shorter than it was made. */
  boolean isShort() {
    return file.sectorCount() < sectorCount;
  }

  /** The buffer in which {@link #load} put sectors; little-endian. */
  ByteBuffer buffer() {
    return window;
  }

  /** Brings {@code [sector, sector + count)} into the buffer and says where they begin there. */
  int load(int sector, int count) {
    if (sector < windowFrom || sector + count > windowFrom + windowCount) {
      fill(sector, Math.min(Math.max(count, WINDOW_SECTORS), sectorCount - sector));
    }
    return (sector - windowFrom) * Sector.BYTES;
  }

  private void fill(int sector, int count) {
    if (window.capacity() < count * Sector.BYTES) {
      window = allocate(count);
    }
    windowFrom = sector;
    windowCount = count;
    unreadable.clear();
    try {
      read(sector, 0, count);
    } catch (DiskFaultException _) {
      for (var i = 0; i < count; i++) {
        try {
          read(sector + i, i, 1);
        } catch (DiskFaultException _) {
          unreadable.set(i);
        }
      }
    }
  }

  private void read(int sector, int slot, int count) throws DiskFaultException {
    var target = window.slice(slot * Sector.BYTES, count * Sector.BYTES);
    var size = disk.read(file.path(), (long) sector * Sector.BYTES, target);
    // A sector of which only a part is there proves that the file was shortened.
    unreadable.set(slot + size / Sector.BYTES, slot + count);
  }

  Sector.Kind kind(int sector) {
    var at = load(sector, 1);
    return unreadable.get(sector - windowFrom)
        ? Sector.Kind.GARBAGE
        : Sector.classify(window, at, file.number(), sector);
  }

  /** Whether a batch's first sector stands there, whole. */
  boolean beginsBatch(int sector) {
    return kind(sector) == Sector.Kind.CURRENT && Sector.isFirstOfBatch(window, load(sector, 1));
  }

  private static ByteBuffer allocate(int sectors) {
    return ByteBuffer.allocate(sectors * Sector.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }
}
