package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFault;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prepares the end of a scanned journal for the next batch. */
final class EndOfJournal {
  private static final String QUARANTINE = "quarantine";

  /** How many torn batches are kept; they were never acknowledged and serve only the curious. */
  private static final int TORN_KEPT = 8;

  private static final int TORN_SECTORS = 2048;

  private EndOfJournal() {}

  /**
   * Makes the end durable and clear. What the last process wrote and never synced may be visible
   * now and gone after a power cut, so it is synced before anybody relies on it. Sectors behind the
   * end that hold anything of this segment's life are cleared, the torn batch's among them: its
   * number is used again, and its sectors must not be taken for parts of the next batch. A crash on
   * the way leaves fewer of them, which is a torn batch as before.
   */
  static void makeReady(Disk disk, JournalScan scan) throws DiskFaultException {
    var end = scan.end();
    if (end == null || end.index() < 0) {
      return;
    }
    var segment = scan.segments().get(end.index());
    var reader = new SegmentReader(disk, segment);
    var torn = scan.torn();
    if (torn != null) {
      keepTorn(disk, reader, torn);
    }
    var operations = new ArrayList<DiskOperation>();
    var clearFrom = (long) end.sector() * Sector.BYTES;
    if (scan.cacheIsDoubted() && clearFrom < segment.bytes()) {
      // What the cache shows and what the medium has may be two things, and both have to go.
      operations.add(
          new DiskOperation.WriteZeros(segment.path(), clearFrom, segment.bytes() - clearFrom));
    }
    for (var sector = end.sector();
        sector < segment.sectorCount() && !scan.cacheIsDoubted();
        sector++) {
      var kind = reader.kind(sector);
      if (kind != Sector.Kind.BLANK && kind != Sector.Kind.OLD) {
        operations.add(
            new DiskOperation.WriteZeros(
                segment.path(), (long) sector * Sector.BYTES, Sector.BYTES));
      }
    }
    operations.addAll(syncs(scan));
    disk.perform(operations);
  }

  /** What makes durable all that the scan has seen. */
  static List<DiskOperation> syncs(JournalScan scan) {
    var operations = new ArrayList<DiskOperation>();
    for (var each : scan.segments()) {
      operations.add(new DiskOperation.Sync(each.path()));
    }
    operations.add(new DiskOperation.SyncDirectory(SegmentFile.DIRECTORY));
    return operations;
  }

  private static void keepTorn(Disk disk, SegmentReader reader, JournalScan.Torn torn)
      throws DiskFaultException {
    var count =
        Math.min(Math.min(torn.toSector(), reader.sectorCount()) - torn.fromSector(), TORN_SECTORS);
    var offset = reader.load(torn.fromSector(), count);
    var copy = ByteBuffer.allocate(count * Sector.BYTES);
    copy.put(0, reader.buffer(), offset, count * Sector.BYTES);
    var path =
        QUARANTINE
            + "/"
            + String.format(
                Locale.ROOT,
                "torn-%016d-%s",
                torn.number(),
                SegmentFile.name(torn.segment().number()));
    var operations = new ArrayList<DiskOperation>();
    operations.add(new DiskOperation.MakeDirectory(QUARANTINE));
    var kept = disk.list(QUARANTINE).stream().filter(name -> name.startsWith("torn-")).toList();
    for (var i = 0; i <= kept.size() - TORN_KEPT; i++) {
      operations.add(new DiskOperation.Delete(QUARANTINE + "/" + kept.get(i)));
    }
    operations.add(new DiskOperation.Delete(path));
    operations.add(new DiskOperation.Create(path));
    operations.add(new DiskOperation.Write(path, 0, copy));
    operations.add(new DiskOperation.Sync(path));
    operations.add(new DiskOperation.SyncDirectory(QUARANTINE));
    operations.add(new DiskOperation.SyncDirectory(""));
    try {
      disk.perform(operations);
    } catch (DiskFaultException fault) {
      if (fault.fault().kind() != DiskFault.Kind.NO_SPACE) {
        throw fault;
      }
      // On a full disk the curious get nothing; a start is worth more.
      disk.perform(List.of(new DiskOperation.Delete(path)));
    }
  }

  /** Moves segments of which nothing is kept to quarantine. */
  static void setAside(Disk disk, List<SegmentFile> segments) throws DiskFaultException {
    if (segments.isEmpty()) {
      return;
    }
    var operations = new ArrayList<DiskOperation>();
    operations.add(new DiskOperation.MakeDirectory(QUARANTINE));
    for (var segment : segments) {
      operations.add(
          new DiskOperation.Rename(
              segment.path(), QUARANTINE + "/" + SegmentFile.name(segment.number())));
    }
    operations.add(new DiskOperation.SyncDirectory(QUARANTINE));
    operations.add(new DiskOperation.SyncDirectory(SegmentFile.DIRECTORY));
    operations.add(new DiskOperation.SyncDirectory(""));
    disk.perform(operations);
  }
}
