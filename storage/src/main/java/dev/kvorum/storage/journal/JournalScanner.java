package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks the journal batch by batch and, where a batch is missing, decides what that means (P4).
 *
 * <p>The walk always knows which batch comes next, by number and by the hash of the one before. As
 * long as the next one is there and whole, at most the first sector of the next segment is looked
 * at besides. Where it is not, everything behind is examined, because what makes the difference
 * between a write that a crash cut short and a loss is what lies behind: batches are synced one by
 * one, so a later batch proves that the missing one was durable once. Then:
 *
 * <ul>
 *   <li>nothing of the batch and nothing later: the end of the journal;
 *   <li>parts of it, the rest never written, nothing later: <em>torn</em>, it was never
 *       acknowledged;
 *   <li>never-written sectors and something later: <em>lost</em>, the disk forgot a synced write;
 *   <li>garbage where the batch was: <em>rot</em>, whether something follows or not;
 *   <li>every sector whole, and yet the hashes differ: a <em>contradiction</em>, a bug and no
 *       fault.
 * </ul>
 */
final class JournalScanner {
  private final Disk disk;
  private final Owner owner;
  private final Trust trust;

  // What JournalScan shows of the scan; complete when run has returned.
  final List<SegmentFile> segments = new ArrayList<>();
  final List<String> reports = new ArrayList<>();
  final List<Damage> damages = new ArrayList<>();
  LogIndex log = new LogIndex(EntryId.ORIGIN);
  @Nullable LogIndex beforeDamage;
  JournalScan.@Nullable Torn torn;
  JournalScan.@Nullable End end;
  @Nullable String contradiction;
  long commit;
  EntryId stateSynced = EntryId.ORIGIN;
  EntryId snapshotTaken = EntryId.ORIGIN;
  JournalScan.@Nullable Stretch lastBatch;
  long lastBatchNumber;
  long highestNumber;
  long prevHash;

  /** The number of the next batch; 0 when the first segment is not the first one ever. */
  private long expected;

  /** Whether the next batch must name the hash of the one before. */
  private boolean chained;

  private int current;
  private int sector;
  private SegmentReader reader;

  JournalScanner(Disk disk, Owner owner, Trust trust) {
    this.disk = disk;
    this.owner = owner;
    this.trust = trust;
    this.reader = new SegmentReader(disk, new SegmentFile(0, 0));
  }

  void run(boolean newDirectory) throws DiskFaultException {
    for (var name : disk.list(SegmentFile.DIRECTORY)) {
      var number = SegmentFile.number(name);
      if (number != null) {
        var bytes = disk.size(SegmentFile.DIRECTORY + "/" + name);
        segments.add(new SegmentFile(number, Math.toIntExact(bytes / Sector.BYTES)));
      }
    }
    if (segments.isEmpty()) {
      if (!newDirectory) {
        contradiction = "the directory journal/ holds no segment, but identity is there";
      }
      end = new JournalScan.End(-1, 0, 1, 0);
      return;
    }
    expected = segments.getFirst().number() == 1 ? 1 : 0;
    chained = expected == 1;
    enter(0, 0);
    var going = true;
    while (going && contradiction == null) {
      going = step();
    }
    missWhatWasSynced();
    if (contradiction == null && newDirectory && highestNumber > 0) {
      contradiction = "the journal holds entries, but the file identity is missing";
    }
    nameClaims();
  }

  /** Batches are known to have been synced that are not there, not even damaged. */
  private void missWhatWasSynced() {
    if (contradiction == null && damages.isEmpty() && lastBatchNumber < trust.syncedBatch()) {
      var from = log.last().index() + 1;
      var path = reader.file().path();
      keepBeforeDamage();
      damages.add(
          new Damage(Damage.Kind.LOST, path, sector, expected, from, Long.MAX_VALUE, null));
      highestNumber = Math.max(highestNumber, trust.syncedBatch());
      torn = null;
      end = null;
    }
  }

  private void enter(int segment, int atSector) {
    if (segment != current || reader.file().number() == 0) {
      reader = new SegmentReader(disk, segments.get(segment));
    }
    current = segment;
    sector = atSector;
  }

  /** Takes the next batch, or explains why there is none; false at the end. */
  private boolean step() {
    if (sector < reader.sectorCount() && beginsBatch(reader, sector)) {
      var header = header(reader, sector);
      if (header == null) {
        return false;
      }
      var isNext = expected == 0 || header.number() == expected;
      if (isNext && isWhole(reader, sector, header)) {
        return take(header);
      }
    }
    var next = continuation();
    if (next > current) {
      report("ends after batch " + (expected - 1));
      enter(next, 0);
      var header = header(reader, 0);
      if (header == null) {
        return false;
      }
      expected = header.number();
      if (isWhole(reader, 0, header)) {
        return take(header);
      }
    }
    return explain();
  }

  /** Whether a batch's first sector stands there, whole. */
  private static boolean beginsBatch(SegmentReader in, int at) {
    return in.kind(at) == Sector.Kind.CURRENT && Sector.isFirstOfBatch(in.buffer(), in.load(at, 1));
  }

  /** The header of the batch that begins there; null after noting a contradiction. */
  private @Nullable BatchHeader header(SegmentReader in, int at) {
    var offset = in.load(at, 1);
    if (!BatchHeader.isAt(in.buffer(), offset)) {
      contradict(in, at, "a batch begins without a header");
      return null;
    }
    var format = BatchHeader.format(in.buffer(), offset);
    if (format != BatchHeader.FORMAT) {
      contradict(in, at, "format " + format + " of a newer release");
      return null;
    }
    var header = BatchHeader.decode(in.buffer(), offset);
    if (header.batchBytes() < BatchHeader.BYTES) {
      contradict(in, at, "a batch is smaller than its header");
      return null;
    }
    return header;
  }

  /** Whether every sector of the batch is there. */
  private static boolean isWhole(SegmentReader in, int at, BatchHeader header) {
    var count = BatchHeader.sectors(header.batchBytes());
    if (at + count > in.sectorCount()) {
      return false;
    }
    in.load(at, count);
    for (var i = 0; i < count; i++) {
      if (in.kind(at + i) != Sector.Kind.CURRENT
          || number(in, at + i, header.number()) != header.number()) {
        return false;
      }
    }
    return true;
  }

  /** The number of the batch that a whole sector belongs to, given one that is near it. */
  private static long number(SegmentReader in, int at, long near) {
    return Sector.batch(in.buffer(), in.load(at, 1), near);
  }

  /**
   * The segment in which the chain goes on, if the batch expected here stands at the head of a
   * later one; else the current segment. A batch that begins the chain anew settles whatever lies
   * between.
   */
  private int continuation() {
    for (var i = current + 1; i < segments.size(); i++) {
      var in = new SegmentReader(disk, segments.get(i));
      if (!beginsBatch(in, 0)) {
        continue;
      }
      var offset = in.load(0, 1);
      if (!BatchHeader.isAt(in.buffer(), offset)
          || BatchHeader.format(in.buffer(), offset) != BatchHeader.FORMAT) {
        continue;
      }
      var header = BatchHeader.decode(in.buffer(), offset);
      var follows = header.number() == expected && header.prevHash() == prevHash && chained;
      var settles = header.restart() && header.number() >= expected && isWhole(in, 0, header);
      if (follows || settles) {
        return i;
      }
    }
    return current;
  }

  /** Takes over the whole batch at the walk's position; false after a contradiction. */
  private boolean take(BatchHeader header) {
    if (header.number() > trust.lastBatch()) {
      disbelieve(header);
      return false;
    }
    var count = BatchHeader.sectors(header.batchBytes());
    var offset = reader.load(sector, count);
    switch (Batch.decode(reader.buffer(), offset, header)) {
      case Batch.Decoded.Contradiction(var what) -> {
        contradict(reader, sector, what);
        return false;
      }
      case Batch.Decoded.Whole(var batch) -> {
        if (chained && !header.restart() && header.prevHash() != prevHash) {
          contradict(reader, sector, "a batch does not name the hash of the one before it");
          return false;
        }
        if (expected == 0 && highestNumber == 0) {
          log.reset(before(header));
        }
        if (!replay(batch)) {
          return false;
        }
        prevHash = batch.hash();
        chained = true;
        commit = Math.max(commit, header.commit());
        highestNumber = Math.max(highestNumber, header.number());
        expected = header.number() + 1;
        lastBatchNumber = header.number();
        lastBatch =
            new JournalScan.Stretch(
                reader.file().path(), (long) sector * Sector.BYTES, count * Sector.BYTES);
        sector += count;
        return true;
      }
    }
  }

  /** The whole batch at the walk's position is not believed, and ends the journal (P9). */
  private void disbelieve(BatchHeader header) {
    var number = header.number();
    highestNumber = Math.max(highestNumber, number);
    report("batch %d at sector %d may not be on the medium".formatted(number, sector));
    if (trust.restIsDamage()) {
      keepBeforeDamage();
      damages.add(
          new Damage(
              Damage.Kind.UNPROVEN,
              reader.file().path(),
              sector,
              number,
              header.firstIndex(),
              header.last().index(),
              header.last()));
      end = null;
    } else {
      var count = BatchHeader.sectors(header.batchBytes());
      torn = new JournalScan.Torn(reader.file(), sector, sector + count, number);
      end = end(sector, number);
    }
  }

  private static EntryId before(BatchHeader header) {
    return new EntryId(Math.max(0, header.prevTerm()), Math.max(0, header.firstIndex() - 1));
  }

  /** Brings what the batch says into the log; false after a contradiction. */
  private boolean replay(Batch batch) {
    var header = batch.header();
    var begun = false;
    for (var record : batch.records()) {
      switch (record) {
        case LogRecord.SegmentStart(var writer, var sectorCount) -> {
          if (!writer.equals(owner)) {
            contradict(
                reader,
                sector,
                "it belongs to member %x of cluster %x"
                    .formatted(writer.memberId(), writer.clusterId()));
            return false;
          }
          reader.declare(sectorCount);
        }
        case LogRecord.Cut(var position) -> cut(position);
        case LogRecord.Marked(Mark.LogReset(var position)) -> {
          log.reset(position);
          settle();
        }
        case LogRecord.Marked(Mark.StateSynced(var position)) -> stateSynced = position;
        case LogRecord.Marked(Mark.SnapshotTaken(var position)) -> snapshotTaken = position;
        case LogRecord.Logged(var entry) -> {
          if (!begun) {
            var first = header.firstIndex();
            if (entry.index() != first || first <= log.base().index() || !followsLog(header)) {
              contradict(reader, sector, "its entries do not follow the log");
              return false;
            }
            log.begin(
                first, reader.file().number(), sector, BatchHeader.sectors(header.batchBytes()));
            begun = true;
          }
          if (entry.index() != log.last().index() + 1 || entry.term() < log.last().term()) {
            contradict(reader, sector, "its entries do not follow each other");
            return false;
          }
          log.add(new EntryId(entry.term(), entry.index()));
        }
        case LogRecord.Unknown(var type) ->
            throw new AssertionError("decoding refuses type " + type);
      }
    }
    if (begun) {
      log.end();
    }
    if (!log.last().equals(header.last())) {
      contradict(reader, sector, "the log does not end where its header says");
      return false;
    }
    return true;
  }

  private boolean followsLog(BatchHeader header) {
    return log.contains(before(header));
  }

  private void cut(EntryId position) {
    var whole = beforeDamage == null || log.contains(position) ? log : beforeDamage;
    if (whole.contains(position)) {
      log = whole;
      log.cut(position);
      settle();
      return;
    }
    // What the cut kept has been damaged since.
    damages.add(
        new Damage(
            Damage.Kind.ROT,
            reader.file().path(),
            sector,
            expected,
            log.last().index() + 1,
            position.index(),
            null));
    keepBeforeDamage();
    log.reset(position);
  }

  /** The chain begins anew here, and what was wrong before does not matter any more. */
  private void settle() {
    damages.clear();
    beforeDamage = null;
  }

  private void keepBeforeDamage() {
    if (beforeDamage == null) {
      beforeDamage = log.copy();
    }
  }

  /** The next batch is not there: decides what that means; false at the end of the journal. */
  private boolean explain() {
    var rest = new Rest(reader, sector, expected);
    highestNumber = Math.max(highestNumber, rest.highestNumber);
    if (rest.isUntouched()) {
      if (current + 1 < segments.size()) {
        report("ends after batch " + (expected - 1));
        enter(current + 1, 0);
        return true;
      }
      report("ends after batch " + (expected - 1) + rest.note());
      end = end(sector, expected);
      return false;
    }
    var later = rest.firstLater >= 0 || hasBatches(current + 1);
    if (!rest.isRotten() && !later) {
      torn = new JournalScan.Torn(reader.file(), sector, rest.toSector, expected);
      report("batch %d is torn at sector %d".formatted(expected, sector) + rest.note());
      end = end(sector, expected);
      return false;
    }
    var kind = rest.isRotten() ? Damage.Kind.ROT : Damage.Kind.LOST;
    report("batch %d is damaged at sector %d, %s".formatted(expected, sector, kind));
    return resume(kind, rest);
  }

  /** Where to go on writing; not in a file that lost its end. */
  private JournalScan.@Nullable End end(int at, long number) {
    return reader.isShort() || number == 0
        ? null
        : new JournalScan.End(current, at, number, prevHash);
  }

  /** Finds the next whole batch behind the damage; false if there is none. */
  private boolean resume(Damage.Kind kind, Rest rest) {
    var damagedAt = reader.file();
    var damagedSector = sector;
    var missing = expected;
    for (var from = rest.toSector; current < segments.size(); from = 0) {
      for (var at = from; at < reader.sectorCount(); at++) {
        if (!beginsBatch(reader, at)) {
          continue;
        }
        var header = header(reader, at);
        if (header == null) {
          return false;
        }
        highestNumber = Math.max(highestNumber, header.number());
        if (header.number() > missing && isWhole(reader, at, header)) {
          sector = at;
          expected = header.number();
          chained = false;
          skipTo(header, kind, damagedAt, damagedSector, missing);
          return take(header);
        }
      }
      if (current + 1 == segments.size()) {
        break;
      }
      enter(current + 1, 0);
    }
    loseEnd(kind, rest, damagedAt, damagedSector, missing);
    return false;
  }

  /** Notes what is missing between the log so far and a batch found behind the damage. */
  private void skipTo(
      BatchHeader header, Damage.Kind kind, SegmentFile at, int atSector, long missing) {
    var before = before(header);
    var from = log.last().index() + 1;
    if (!header.restart() && !log.contains(before)) {
      if (log.last().term() != before.term() || before.index() < log.last().index()) {
        // Another leader's entries may have replaced the end of what is left.
        from = Math.min(log.last().index(), Math.max(commit, log.base().index())) + 1;
      }
      keepBeforeDamage();
      log.reset(before);
      damages.add(
          new Damage(
              kind, at.path(), atSector, missing, from, Math.max(from, before.index()), null));
    } else {
      damages.add(new Damage(kind, at.path(), atSector, missing, from, from - 1, null));
    }
  }

  /** Notes damage with nothing behind it. */
  private void loseEnd(Damage.Kind kind, Rest rest, SegmentFile at, int atSector, long missing) {
    var claimed = rest.claimed;
    var from = log.last().index() + 1;
    var to = Long.MAX_VALUE;
    if (claimed != null) {
      var same = log.contains(claimed) && claimed.equals(log.last());
      if (!same && claimed.term() != log.last().term()) {
        from = Math.min(log.last().index(), Math.max(commit, log.base().index())) + 1;
      }
      to = same ? from - 1 : Math.max(from, claimed.index());
    }
    keepBeforeDamage();
    damages.add(new Damage(kind, at.path(), atSector, missing, from, to, claimed));
    highestNumber = Math.max(highestNumber, missing);
    end = null;
  }

  /** Whether any later segment holds a sector that this segment's life wrote. */
  private boolean hasBatches(int from) {
    for (var i = from; i < segments.size(); i++) {
      var in = new SegmentReader(disk, segments.get(i));
      for (var at = 0; at < in.sectorCount(); at++) {
        if (in.kind(at) == Sector.Kind.CURRENT) {
          return true;
        }
      }
    }
    return false;
  }

  /** Later batches tell how far the log had reached when an earlier one was damaged. */
  private void nameClaims() {
    for (var i = 0; i < damages.size(); i++) {
      var damage = damages.get(i);
      if (damage.claimed() == null && damage.toIndex() != Long.MAX_VALUE) {
        damages.set(i, damage.withClaim(log.last()));
      }
    }
  }

  private void report(String what) {
    reports.add(reader.file().path() + ": " + what);
  }

  private void contradict(SegmentReader in, int at, String what) {
    contradiction = "%s, sector %d: %s".formatted(in.file().path(), at, what);
    reports.add(contradiction);
  }

  /** What lies in a segment from the place on where the next batch should begin. */
  private static final class Rest {
    /** Where the missing batch ends, as far as anything tells. */
    final int toSector;

    /** The first sector of a later batch, -1 if there is none. */
    final int firstLater;

    final @Nullable EntryId claimed;
    final long highestNumber;
    private final boolean anythingOwn;
    private final boolean garbageInside;
    private final int garbageBehind;

    Rest(SegmentReader in, int from, long expected) {
      var later = -1;
      var lastOwn = -1;
      var trailerEnd = -1;
      var highest = 0L;
      EntryId claim = null;
      for (var at = from; at < in.sectorCount(); at++) {
        if (in.kind(at) != Sector.Kind.CURRENT) {
          continue;
        }
        var number = number(in, at, expected);
        highest = Math.max(highest, number);
        if (number > expected && later < 0) {
          later = at;
        }
        if (number == expected) {
          lastOwn = at;
          if (Sector.isLastOfBatch(in.buffer(), in.load(at, 1))) {
            var count = BatchHeader.sectorsByTrailer(in.buffer(), in.load(at, 1));
            if (count > 1 && at - count + 1 == from) {
              trailerEnd = at + 1;
              claim = BatchHeader.positionByTrailer(in.buffer(), in.load(at, 1));
            }
          }
        }
      }
      var headerEnd = -1;
      if (from < in.sectorCount() && lastOwn >= 0 && beginsBatch(in, from)) {
        var offset = in.load(from, 1);
        if (BatchHeader.isAt(in.buffer(), offset)) {
          var header = BatchHeader.decode(in.buffer(), offset);
          headerEnd = from + BatchHeader.sectors(Math.max(0, header.batchBytes()));
          claim = header.last();
        }
      }
      firstLater = later;
      claimed = claim;
      highestNumber = highest;
      anythingOwn = lastOwn >= 0;
      if (headerEnd > 0) {
        toSector = headerEnd;
      } else if (trailerEnd > 0) {
        toSector = trailerEnd;
      } else if (lastOwn >= 0) {
        toSector = lastOwn + 1;
      } else {
        toSector = later >= 0 ? later : from + 1;
      }
      var inside = false;
      var behind = 0;
      for (var at = from; at < Math.max(toSector, in.sectorCount()); at++) {
        var rotten = at >= in.sectorCount() && at < toSector;
        if (at < in.sectorCount()) {
          var kind = in.kind(at);
          rotten = kind == Sector.Kind.GARBAGE || kind == Sector.Kind.MISPLACED;
        }
        if (rotten && at < toSector) {
          inside = from < in.sectorCount() || anythingOwn;
        } else if (rotten) {
          behind++;
        }
      }
      garbageInside = inside;
      garbageBehind = behind;
    }

    /** Nothing of the batch is there and nothing rotten is in its place. */
    boolean isUntouched() {
      return !anythingOwn && firstLater < 0 && !garbageInside;
    }

    boolean isRotten() {
      return garbageInside;
    }

    String note() {
      return garbageBehind == 0 ? "" : ", %d unreadable unused sectors".formatted(garbageBehind);
    }
  }
}
