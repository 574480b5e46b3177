package dev.kvorum.storage.journal;

import static dev.kvorum.storage.journal.Node.entry;

import dev.kvorum.storage.journal.disk.DiskResult;
import dev.kvorum.storage.journal.disk.MemoryDisk;
import dev.kvorum.storage.model.Bytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * The files of a journal that was written, acknowledged and closed, and what is known about them:
 * every batch and every entry that a client was promised. It holds every kind of record, segments
 * that were used before, an end that was given up, and entries that another leader overwrote.
 */
final class WrittenJournal {
  /**
   * A batch in its place.
   *
   * @param restart whether the chain begins anew with it
   * @param settledBy the numbers of later batches that make its damage matter no more
   */
  record Written(
      String path, int sector, int count, long number, boolean restart, List<Long> settledBy) {}

  static final JournalOptions OPTIONS = new JournalOptions(8192, 4096, 4096, 4096, 2, 0);

  private final RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);
  private final Map<String, byte[]> files;
  private final List<Written> batches = new ArrayList<>();
  private final List<Entry> acknowledged;
  private final List<Entry> withoutLastBatch;
  private final EntryId base;
  private final LogIndex index;

  private MemoryDisk disk = new MemoryDisk(Runnable::run);
  private Node node;

  /**
   * Writes a journal.
   *
   * @param bytes how large all segments together are at least
   * @param released whether the oldest segments were released and used again, so that the first one
   *     there is not number 1 and unused sectors hold an earlier life
   */
  WrittenJournal(int bytes, boolean released) throws Exception {
    disk = new MemoryDisk(new ArrayDeque<Runnable>()::add);
    node = Node.open(disk, OPTIONS, true, new Keep.Everything());
    run(entry(1, 1, 600), entry(1, 2, 20), entry(1, 3, 90));
    var index = 4L;
    if (released) {
      while (node.journal.statistics().segments() < 5) {
        run(entry(1, index++, random.nextInt(900)));
      }
      node.journal.mark(new Mark.StateSynced(new EntryId(1, index - 1)));
      run(entry(1, index++, 100));
      node.journal.release(index);
      run(entry(1, index++, 100));
    }
    node.journal.mark(new Mark.LogReset(new EntryId(3, index + 10)));
    index += 11;
    run(new Entry(3, index, Entry.Type.EMPTY, Bytes.EMPTY));
    run(new Entry(3, index + 1, Entry.Type.MEMBERSHIP, Bytes.utf8("members")));
    run(entry(3, index + 2, 40));
    giveUpTheLastBatch(index + 1);
    index += 2;
    while (size() < bytes) {
      run(entry(3, index, random.nextInt(500)), entry(3, index + 1, random.nextInt(900)));
      index += 2;
      if (index % 4 < 2) {
        node.journal.mark(new Mark.StateSynced(new EntryId(3, index - 6)));
      }
    }
    node.journal.mark(new Mark.SnapshotTaken(new EntryId(3, index - 10)));
    // Another leader overwrites the end, further back than one batch.
    run(entry(4, index - 5, 30), entry(4, index - 4, 700));
    withoutLastBatch = node.entries();
    run(entry(4, index - 3, 800), entry(4, index - 2, 30));
    acknowledged = node.entries();
    base = node.journal.base();
    files = disk.files();
    walk();
    this.index = JournalScan.read(disk, Node.OWNER, false).log();
  }

  /** The end rots and is given up, so that the chain begins anew with a cut. */
  private void giveUpTheLastBatch(long lastKept) throws Exception {
    var place = node.journal.range(lastKept + 1, lastKept + 2).extents().getFirst();
    var at = (place.sector() + place.sectorCount() - 1) * Sector.BYTES + 100;
    disk.content(SegmentFile.path(place.segment()))[at] ^= 1;
    node = Node.open(disk, OPTIONS, false, new Keep.BeforeDamage());
    if (node.journal.last().index() != lastKept) {
      throw new AssertionError("kept up to " + node.journal.last());
    }
  }

  private void run(Entry... entries) {
    node.append(entries);
    for (var job = node.journal.poll(); job != null; job = node.journal.poll()) {
      disk.perform(job.operations());
      var _ = node.journal.completed(new DiskResult.Done());
    }
  }

  private long size() {
    return disk.files().entrySet().stream()
        .filter(file -> file.getKey().endsWith(".seg"))
        .mapToLong(file -> file.getValue().length)
        .sum();
  }

  /**
   * Finds every batch by the marks of its first and last sectors, as nothing in the journal does.
   */
  private void walk() {
    var found = new ArrayList<Batch>();
    for (var path : segments()) {
      var number = Long.parseLong(path.substring(8, 18));
      var file = ByteBuffer.wrap(files.get(path)).order(ByteOrder.LITTLE_ENDIAN);
      var first = 0;
      for (var sector = 0; sector < file.capacity() / Sector.BYTES; sector++) {
        var at = sector * Sector.BYTES;
        if (Sector.classify(file, at, number, sector) != Sector.Kind.CURRENT) {
          continue;
        }
        first = Sector.isFirstOfBatch(file, at) ? sector : first;
        if (Sector.isLastOfBatch(file, at)) {
          var header = BatchHeader.decode(file, first * Sector.BYTES);
          found.add(
              ((Batch.Decoded.Whole) Batch.decode(file, first * Sector.BYTES, header)).batch());
          batches.add(
              new Written(
                  path,
                  first,
                  sector - first + 1,
                  header.number(),
                  header.restart(),
                  new ArrayList<>()));
        }
      }
    }
    for (var i = 0; i < found.size(); i++) {
      for (var later : found.subList(i + 1, found.size())) {
        if (settles(later, found.get(i))) {
          batches.get(i).settledBy().add(later.header().number());
        }
      }
    }
  }

  /** Whether nothing of the batch is needed any more when the later one is read. */
  private static boolean settles(Batch later, Batch batch) {
    for (var record : later.records()) {
      if (record instanceof LogRecord.Marked(Mark.LogReset _)
          || (record instanceof LogRecord.Cut(var position)
              && batch.header().firstIndex() > position.index())) {
        return true;
      }
    }
    return false;
  }

  /** A disk with the files, whose contents may be changed. */
  MemoryDisk disk() {
    var copy = new MemoryDisk(Runnable::run);
    files.forEach(copy::put);
    return copy;
  }

  /** The paths of the segments, oldest first. */
  List<String> segments() {
    return files.keySet().stream().filter(path -> path.endsWith(".seg")).toList();
  }

  Map<String, byte[]> files() {
    return new TreeMap<>(files);
  }

  /** Every batch, oldest first. */
  List<Written> batches() {
    return batches;
  }

  /** The entries that must be found. */
  List<Entry> acknowledged() {
    return acknowledged;
  }

  /** What is left of them without the last batch. */
  List<Entry> withoutLastBatch() {
    return withoutLastBatch;
  }

  /** The position before the first of them. */
  EntryId base() {
    return base;
  }

  /** Where they lie. */
  LogIndex index() {
    return index;
  }
}
