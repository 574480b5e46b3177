package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.vote.Claim;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was found in the journal at boot, sector by sector, and how it is classified (P4). Scanning
 * changes nothing on the disk; the offline check uses it as well.
 */
public final class JournalScan {
  /** A batch that was being written when the process or the machine stopped. */
  record Torn(SegmentFile segment, int fromSector, int toSector, long number) {}

  /**
   * Where the next batch goes.
   *
   * @param index the place of the segment in the list of segments, -1 if there is none
   * @param number the number that the next batch gets
   * @param prevHash the hash that names the last whole batch
   */
  record End(int index, int sector, long number, long prevHash) {}

  /** Bytes of a segment that belong together. */
  record Stretch(String path, long offset, int bytes) {}

  private final JournalScanner found;
  private final boolean cacheIsDoubted;

  private JournalScan(JournalScanner found, boolean cacheIsDoubted) {
    this.found = found;
    this.cacheIsDoubted = cacheIsDoubted;
  }

  /**
   * Reads and classifies the whole journal. Blocks.
   *
   * @param newDirectory whether the directory has no identity yet, so that an empty journal is
   *     right and one with entries is wrong
   */
  public static JournalScan read(Disk disk, Owner owner, boolean newDirectory)
      throws DiskFaultException {
    return read(disk, owner, newDirectory, Trust.ORDINARY);
  }

  /** The same, believing what is read only so far. */
  static JournalScan read(Disk disk, Owner owner, boolean newDirectory, Trust trust)
      throws DiskFaultException {
    var scanner = new JournalScanner(disk, owner, trust);
    scanner.run(newDirectory);
    return new JournalScan(scanner, trust.cacheIsDoubted());
  }

  /** Nothing acknowledged is missing and nothing contradicts itself; a torn end is sound. */
  public boolean isSound() {
    return found.contradiction == null && found.replay.damages().isEmpty();
  }

  /** At least one finding for each segment that was walked through (P21), oldest first. */
  public List<Verdict> verdicts() {
    return List.copyOf(found.verdicts);
  }

  /** The same findings as lines for people. */
  public List<String> reports() {
    return found.verdicts.stream().map(Verdict::message).toList();
  }

  /** What was durable and is damaged now, oldest first. */
  public List<Damage> damages() {
    return List.copyOf(found.replay.damages());
  }

  /** Whether a batch was found that a crash cut short; it was never acknowledged. */
  public boolean isTorn() {
    return found.torn != null;
  }

  /**
   * Why the files cannot be what this program wrote, or null: sectors that are whole and yet do not
   * fit together, another member's segment, a newer format. Refuse to start.
   */
  public @Nullable String contradiction() {
    return found.contradiction;
  }

  /** The position before the first entry behind the last damage. */
  public EntryId base() {
    return found.replay.log().base();
  }

  /** The last entry that was found. */
  public EntryId last() {
    return found.replay.log().last();
  }

  /** The last entry before the first damage that loses entries. */
  public EntryId lastBeforeDamage() {
    return logBeforeDamage().last();
  }

  /** The position before the first entry of what lies before that damage. */
  EntryId baseBeforeDamage() {
    return logBeforeDamage().base();
  }

  /** How far the log had reached before it was damaged, for elections (P5). */
  public Claim claim() {
    Claim claim = new Claim.Sound();
    for (var damage : found.replay.damages()) {
      var reached = damage.claimed();
      claim = claim.and(reached == null ? new Claim.Unknown() : new Claim.Reached(reached));
    }
    return claim;
  }

  /** The highest commit hint that was found. */
  public long commit() {
    return found.replay.commit();
  }

  /** The highest commit hint that is about what lies before the first damage that loses entries. */
  long commitBeforeDamage() {
    return found.replay.commitBeforeDamage();
  }

  /** The newest mark that the state store was synced, or the origin. */
  public EntryId stateSynced() {
    return found.replay.stateSynced();
  }

  /** The newest mark of a snapshot taken, or the origin. */
  public EntryId snapshotTaken() {
    return found.replay.snapshotTaken();
  }

  /** The paths of all segments, oldest first. */
  public List<String> segmentPaths() {
    return found.segments.stream().map(SegmentFile::path).toList();
  }

  /** The last whole batch, which no other one proves; null if there is none. */
  @Nullable Stretch lastBatch() {
    return found.lastBatch;
  }

  /** The number of the last whole batch that was taken over, 0 if there is none. */
  long lastBatchNumber() {
    return found.lastBatchNumber;
  }

  /** Whether the page cache may show something else behind the end than the medium has. */
  boolean cacheIsDoubted() {
    return cacheIsDoubted;
  }

  LogIndex log() {
    return found.replay.log();
  }

  LogIndex logBeforeDamage() {
    return found.replay.beforeDamage();
  }

  List<SegmentFile> segments() {
    return found.segments;
  }

  @Nullable Torn torn() {
    return found.torn;
  }

  /**
   * Where to go on writing; null if the end is lost or cannot be used, so that a new segment is
   * due.
   */
  @Nullable End end() {
    return found.end;
  }

  /** Whether the last batch of the log may have been acknowledged and is not in it. */
  boolean endIsLost() {
    return found.endIsLost;
  }

  /** A number above that of every batch seen. */
  long nextNumber() {
    return found.highestNumber + 1;
  }

  long lastHash() {
    return found.prevHash;
  }
}
