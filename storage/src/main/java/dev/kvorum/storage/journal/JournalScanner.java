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
 *   <li>never-written sectors and something later, or a part of the batch in a wrong place before:
 *       <em>lost</em>, the disk forgot a write or did it elsewhere;
 *   <li>garbage where the batch was: <em>rot</em>, whether something follows or not;
 *   <li>every sector whole, and yet the hashes differ: a <em>contradiction</em>, a bug and no
 *       fault.
 * </ul>
 *
 * What the batches say goes to a {@link LogReplay}.
 */
final class JournalScanner {
  private final Disk disk;
  private final Owner owner;
  private final Trust trust;

  // What JournalScan shows of the scan; complete when run has returned.
  final List<SegmentFile> segments = new ArrayList<>();
  final List<Verdict> verdicts = new ArrayList<>();
  final LogReplay replay = new LogReplay();
  JournalScan.@Nullable Torn torn;
  JournalScan.@Nullable End end;
  @Nullable String contradiction;
  JournalScan.@Nullable Stretch lastBatch;
  long lastBatchNumber;
  long highestNumber;
  long prevHash;

  /** The number of the next batch; 0 when the first segment is not the first one ever. */
  private long expected;

  /** Whether the next batch must name the hash of the one before. */
  private boolean chained;

  /**
   * Whether what ended the log may have been acknowledged and is lost, or is not known to be on the
   * medium.
   */
  boolean endIsLost;

  /** The highest number of a batch of which a sector came by in a wrong place; 0 if none did. */
  private long highestElsewhere;

  /** Where the log would have ended with the torn batch. */
  private @Nullable EntryId tornClaim;

  private int current;
  private int sector;
  private SegmentReader reader;

  /** Where batches are decoded, one after the other: nothing of their payloads is kept. */
  private byte[] batchBytes = {};

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
        contradict("the directory holds no segment, but identity is there");
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
    if (endIsLost) {
      // What is written next must not stand behind a batch that may vanish.
      end = null;
    }
    if (contradiction == null && newDirectory && highestNumber > 0) {
      contradict("the journal holds entries, but the file identity is missing");
    }
    replay.nameClaims(torn != null, tornClaim);
  }

  /**
   * Batches are known to have been synced that are not there, not even damaged: all that the walk
   * came by, whole or damaged before something whole, has a lower number than {@link #expected}.
   */
  private void missWhatWasSynced() {
    var next = Math.max(expected, 1);
    if (contradiction == null && !endIsLost && next <= trust.syncedBatch()) {
      note(Verdict.Kind.LOST, "batches up to " + trust.syncedBatch() + " were synced");
      replay.loseEnd(Damage.Kind.LOST, null, reader.file(), sector, expected);
      highestNumber = Math.max(highestNumber, trust.syncedBatch());
      torn = null;
      endIsLost = true;
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
    if (sector < reader.sectorCount() && reader.beginsBatch(sector)) {
      var header = header(sector);
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
      leave(0);
      enter(next, 0);
      var header = header(0);
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

  /** The header of the batch that begins there; null after noting a contradiction. */
  private @Nullable BatchHeader header(int at) {
    var offset = reader.load(at, 1);
    if (!BatchHeader.isAt(reader.buffer(), offset)) {
      contradict(at, "a batch begins without a header");
      return null;
    }
    var format = BatchHeader.format(reader.buffer(), offset);
    if (format != BatchHeader.FORMAT) {
      contradict(at, "format " + format + " of a newer release");
      return null;
    }
    var header = BatchHeader.decode(reader.buffer(), offset);
    if (header.batchBytes() < BatchHeader.BYTES) {
      contradict(at, "a batch is smaller than its header");
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
    for (var i = at; i < at + count; i++) {
      if (in.kind(i) != Sector.Kind.CURRENT
          || Sector.batch(in.buffer(), in.load(i, 1), header.number()) != header.number()) {
        return false;
      }
    }
    return true;
  }

  /**
   * The segment in which the chain goes on, if the batch expected here stands at the head of a
   * later one; else the current segment. A batch that begins the chain anew settles whatever lies
   * between, if what it keeps of the log is there.
   */
  private int continuation() {
    for (var i = current + 1; i < segments.size(); i++) {
      var in = new SegmentReader(disk, segments.get(i));
      if (!in.beginsBatch(0)) {
        continue;
      }
      var offset = in.load(0, 1);
      if (!BatchHeader.isAt(in.buffer(), offset)
          || BatchHeader.format(in.buffer(), offset) != BatchHeader.FORMAT) {
        continue;
      }
      var header = BatchHeader.decode(in.buffer(), offset);
      var follows = header.number() == expected && header.prevHash() == prevHash && chained;
      var settles = header.number() >= expected && settles(in, header);
      if (follows || settles) {
        return i;
      }
    }
    return current;
  }

  private boolean settles(SegmentReader in, BatchHeader header) {
    return header.restart()
        && isWhole(in, 0, header)
        && Batch.decode(in.buffer(), in.load(0, BatchHeader.sectors(header.batchBytes())), header)
            instanceof Batch.Decoded.Whole(var batch)
        && replay.goesOnWith(batch);
  }

  /** Takes over the whole batch at the walk's position; false after a contradiction. */
  private boolean take(BatchHeader header) {
    if (header.number() > trust.lastBatch()) {
      return disbelieve(header);
    }
    var count = BatchHeader.sectors(header.batchBytes());
    var offset = reader.load(sector, count);
    if (batchBytes.length < header.batchBytes()) {
      batchBytes = new byte[Math.max(header.batchBytes(), 2 * batchBytes.length)];
    }
    switch (Batch.decode(reader.buffer(), offset, header, batchBytes)) {
      case Batch.Decoded.Contradiction(var what) -> contradict(sector, what);
      case Batch.Decoded.Whole(var batch) -> {
        if (chained && !header.restart() && header.prevHash() != prevHash) {
          contradict(sector, "a batch does not name the hash of the one before it");
        } else if (expected == 0 && highestNumber == 0) {
          replay.beginBehind(header);
        }
        takeStart(batch);
        if (contradiction == null) {
          var misfit = replay.take(batch, new LogReplay.Place(reader.file(), sector, count));
          if (misfit != null) {
            contradict(sector, misfit);
          }
        }
        prevHash = batch.hash();
      }
    }
    chained = true;
    highestNumber = Math.max(highestNumber, header.number());
    expected = header.number() + 1;
    lastBatchNumber = header.number();
    lastBatch =
        new JournalScan.Stretch(
            reader.file().path(), (long) sector * Sector.BYTES, count * Sector.BYTES);
    sector += count;
    return contradiction == null;
  }

  /**
   * The whole batch at the walk's position is not believed, and the log ends before it (P9). Where
   * it may have been acknowledged, so may what is damaged behind it, and the walk goes on: a member
   * that claimed the one and not the other would vote for who lacks the other. False if all behind
   * was never acknowledged.
   */
  private boolean disbelieve(BatchHeader header) {
    var number = header.number();
    var count = BatchHeader.sectors(header.batchBytes());
    highestNumber = Math.max(highestNumber, number);
    if (!trust.restIsDamage()) {
      note(Verdict.Kind.TORN, "batch " + number + " may not be on the medium");
      torn = new JournalScan.Torn(reader.file(), sector, sector + count, number);
      end = end(sector, number);
      return false;
    }
    note(Verdict.Kind.LOST, "batch " + number + " may not be on the medium");
    replay.distrust(header, reader.file(), sector);
    endIsLost = true;
    chained = false;
    expected = number + 1;
    sector += count;
    return true;
  }

  /** The head of a segment says whose it is, and how long it was made. */
  private void takeStart(Batch batch) {
    if (batch.records().getFirst() instanceof LogRecord.SegmentStart(var writer, var sectorCount)) {
      if (!writer.equals(owner)) {
        contradict(
            sector,
            "it belongs to member %x of cluster %x"
                .formatted(writer.memberId(), writer.clusterId()));
      }
      reader.declare(sectorCount);
    }
  }

  /** The next batch is not there: decides what that means; false at the end of the journal. */
  private boolean explain() {
    var rest = RestOfSegment.examine(reader, sector, expected);
    var wasWritten = hasSeenItWritten();
    highestNumber = Math.max(highestNumber, rest.highestNumber());
    highestElsewhere = Math.max(highestElsewhere, rest.highestElsewhere());
    var isLastSegment = current + 1 == segments.size();
    if (rest.isUntouched() && !hasVanished() && !(isLastSegment && wasWritten)) {
      leave(rest.strays());
      if (!isLastSegment) {
        enter(current + 1, 0);
        return true;
      }
      end = end(sector, expected);
      return false;
    }
    var isProven = rest.hasLater() || wasWritten || hasBatches(current + 1);
    if (!rest.isRotten() && !isProven) {
      tornClaim = ClaimSearch.from(readersFrom(current), sector, expected, expected);
      torn = new JournalScan.Torn(reader.file(), sector, rest.toSector(), expected);
      note(Verdict.Kind.TORN, "batch " + expected + " was cut short and never acknowledged");
      end = end(sector, expected);
      return false;
    }
    var kind = rest.isRotten() ? Damage.Kind.ROT : Damage.Kind.LOST;
    note(
        rest.isRotten() ? Verdict.Kind.ROT : Verdict.Kind.LOST,
        "batch %d %s".formatted(expected, rest.isRotten() ? "is damaged" : "has vanished"));
    return resume(kind, rest);
  }

  /**
   * Nothing is here, and yet the next segment begins with a later batch than the one expected: so
   * that one was written here.
   */
  private boolean hasVanished() {
    if (sector >= reader.sectorCount() || current + 1 == segments.size() || expected == 0) {
      return false;
    }
    var next = new SegmentReader(disk, segments.get(current + 1));
    if (!next.beginsBatch(0)) {
      return false;
    }
    var number = Sector.batch(next.buffer(), next.load(0, 1), expected);
    return number > expected;
  }

  /**
   * Where to go on writing; not in a file that lost its end, and not before another segment, be it
   * empty: batches are appended to the last one, so the chain begins anew behind it.
   */
  private JournalScan.@Nullable End end(int at, long number) {
    return reader.isShort() || number == 0 || current + 1 < segments.size()
        ? null
        : new JournalScan.End(current, at, number, prevHash);
  }

  /** Finds the next whole batch behind the damage; false if there is none. */
  private boolean resume(Damage.Kind kind, RestOfSegment rest) {
    var damagedAt = reader.file();
    var damagedSector = sector;
    var missing = expected;
    highestNumber = Math.max(highestNumber, highestElsewhere);
    for (var from = rest.toSector(); current < segments.size(); from = 0) {
      for (var at = from; at < reader.sectorCount(); at++) {
        pass(at, missing);
        if (!reader.beginsBatch(at)) {
          continue;
        }
        var header = header(at);
        if (header == null) {
          return false;
        }
        highestNumber = Math.max(highestNumber, header.number());
        if (header.number() > missing && isWhole(reader, at, header)) {
          sector = at;
          expected = header.number();
          chained = false;
          replay.skipTo(header, kind, damagedAt, damagedSector, missing);
          return take(header);
        }
      }
      if (current + 1 == segments.size()) {
        break;
      }
      enter(current + 1, 0);
    }
    var newestKnown = Math.max(highestNumber, trust.syncedBatch());
    var behind = readersFrom(segments.indexOf(damagedAt));
    var claimed = ClaimSearch.from(behind, damagedSector, missing, newestKnown);
    replay.loseEnd(kind, claimed, damagedAt, damagedSector, missing);
    highestNumber = Math.max(newestKnown, missing);
    endIsLost = true;
    return false;
  }

  /** What wrote the sector was once there, even if nothing else of it is found. */
  private void pass(int at, long near) {
    switch (reader.kind(at)) {
      case CURRENT ->
          highestNumber =
              Math.max(highestNumber, Sector.batch(reader.buffer(), reader.load(at, 1), near));
      case MISPLACED -> {
        var number = Sector.batch(reader.buffer(), reader.load(at, 1), near);
        highestElsewhere = Math.max(highestElsewhere, number);
        highestNumber = Math.max(highestNumber, number);
      }
      case OLD, BLANK, GARBAGE -> {}
    }
  }

  private Iterable<SegmentReader> readersFrom(int segment) {
    return () ->
        segments.subList(segment, segments.size()).stream()
            .map(file -> file.equals(reader.file()) ? reader : new SegmentReader(disk, file))
            .iterator();
  }

  /**
   * Whether any later segment holds a sector that its present life wrote, or one of a later batch.
   */
  private boolean hasBatches(int from) {
    for (var i = from; i < segments.size(); i++) {
      var in = new SegmentReader(disk, segments.get(i));
      for (var at = 0; at < in.sectorCount(); at++) {
        var kind = in.kind(at);
        if (kind == Sector.Kind.CURRENT || (kind == Sector.Kind.MISPLACED && isLater(in, at))) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * Whether a sector of a later batch came by before the place of this one, or one of its own in a
   * wrong place, which proves that it was written.
   */
  private boolean hasSeenItWritten() {
    return expected > 0 && (highestNumber > expected || highestElsewhere >= expected);
  }

  private boolean isLater(SegmentReader in, int at) {
    return expected > 0 && Sector.batch(in.buffer(), in.load(at, 1), expected) > expected;
  }

  /** The walk has come to the end of what is in the segment. */
  private void leave(int strays) {
    var last = "ends after batch " + (expected - 1);
    if (strays == 0) {
      note(Verdict.Kind.SOUND, last);
    } else {
      note(Verdict.Kind.STRAY, last + ", %d unreadable unused sectors".formatted(strays));
    }
  }

  private void note(Verdict.Kind kind, String what) {
    verdicts.add(new Verdict(kind, reader.file().path(), sector, expected, what));
  }

  private void contradict(int at, String what) {
    contradiction = "%s, sector %d: %s".formatted(reader.file().path(), at, what);
    verdicts.add(new Verdict(Verdict.Kind.CONTRADICTION, reader.file().path(), at, expected, what));
  }

  private void contradict(String what) {
    contradiction = SegmentFile.DIRECTORY + ": " + what;
    verdicts.add(Verdict.of(Verdict.Kind.CONTRADICTION, SegmentFile.DIRECTORY, what));
  }
}
