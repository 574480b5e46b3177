package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFault;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a range of durable entries lies on the disk. Immutable: made on the journal's loop, read on
 * any thread that may block.
 */
public final class LogRange {
  private final long from;
  private final long to;
  private final List<LogIndex.Extent> extents;

  LogRange(long from, long to, List<LogIndex.Extent> extents) {
    this.from = from;
    this.to = to;
    this.extents = List.copyOf(extents);
  }

  /**
   * Reads the entries, whole and in index order: the first one in any case, and more while their
   * payloads stay within {@code bytes}. An empty range gives an empty list.
   *
   * @throws DiskFaultException if the disk cannot read, or what lies there is not what was written;
   *     also when the segment was released and used again meanwhile, so look at {@link
   *     Journal#firstIndex()} again before calling it damage (P10)
   */
  public List<Entry> read(Disk disk, long bytes) throws DiskFaultException {
    var entries = new ArrayList<Entry>();
    var room = bytes;
    for (var extent : extents) {
      for (var entry : readExtent(disk, extent)) {
        var wanted = entry.index() >= from && entry.index() < to;
        if (!wanted || entry.index() > extent.lastIndex()) {
          continue;
        }
        if (entry.index() != from + entries.size()) {
          throw damaged(extent);
        }
        room -= entry.payload().size();
        if (room < 0 && !entries.isEmpty()) {
          return entries;
        }
        entries.add(entry);
      }
    }
    return entries;
  }

  /** The first index. */
  public long from() {
    return from;
  }

  /** The index behind the last one. */
  public long to() {
    return to;
  }

  /** How many bytes a reader of all of it reads. */
  public long bytes() {
    return extents.stream().mapToLong(extent -> (long) extent.sectorCount() * Sector.BYTES).sum();
  }

  /**
   * Where on the disk the entries lie, for whoever looks at the disk itself.
   *
   * @param offset the first byte
   * @param bytes how many there are; a part of them may be other entries
   */
  public record Place(String path, long offset, long bytes) {}

  /** The places of the entries, in their order. */
  public List<Place> places() {
    return extents.stream()
        .map(
            extent ->
                new Place(
                    SegmentFile.path(extent.segment()),
                    (long) extent.sector() * Sector.BYTES,
                    (long) extent.sectorCount() * Sector.BYTES))
        .toList();
  }

  /** Where the entries lie. */
  List<LogIndex.Extent> extents() {
    return extents;
  }

  private static List<Entry> readExtent(Disk disk, LogIndex.Extent extent)
      throws DiskFaultException {
    var path = SegmentFile.path(extent.segment());
    var sectors =
        ByteBuffer.allocate(extent.sectorCount() * Sector.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    disk.read(path, (long) extent.sector() * Sector.BYTES, sectors);
    if (sectors.hasRemaining()) {
      throw damaged(extent);
    }
    var entries = new ArrayList<Entry>();
    // Batches behind the last entry hold forgotten ones, and need not be whole any more.
    for (var sector = 0; sector < extent.sectorCount() && !reaches(entries, extent); ) {
      var at = sector * Sector.BYTES;
      if (!isCurrent(sectors, extent, sector) || !BatchHeader.isAt(sectors, at)) {
        throw damaged(extent);
      }
      var header = BatchHeader.decode(sectors, at);
      var count = BatchHeader.sectors(header.batchBytes());
      for (var i = sector; i < sector + count; i++) {
        if (i >= extent.sectorCount() || !isCurrent(sectors, extent, i)) {
          throw damaged(extent);
        }
      }
      if (!(Batch.decode(sectors, at, header) instanceof Batch.Decoded.Whole(var batch))) {
        throw damaged(extent);
      }
      for (var record : batch.records()) {
        if (record instanceof LogRecord.Logged(var entry)) {
          entries.add(entry);
        }
      }
      sector += count;
    }
    return entries;
  }

  private static boolean reaches(List<Entry> entries, LogIndex.Extent extent) {
    return !entries.isEmpty() && entries.getLast().index() >= extent.lastIndex();
  }

  private static boolean isCurrent(ByteBuffer sectors, LogIndex.Extent extent, int sector) {
    return Sector.classify(
            sectors, sector * Sector.BYTES, extent.segment(), extent.sector() + sector)
        == Sector.Kind.CURRENT;
  }

  private static DiskFaultException damaged(LogIndex.Extent extent) {
    return new DiskFaultException(
        new DiskFault(
            DiskFault.Kind.READ,
            SegmentFile.path(extent.segment()),
            "what lies from sector %d on is not what was written there"
                .formatted(extent.sector())));
  }
}
