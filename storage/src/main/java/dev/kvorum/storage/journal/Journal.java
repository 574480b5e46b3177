package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFault;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.disk.DiskResult;
import dev.kvorum.storage.journal.vote.Vote;
import dev.kvorum.storage.journal.vote.VoteFiles;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The log of one member on its disk, as a machine: it is told what to keep, hands out {@linkplain
 * #poll() jobs} for the disk, and says what a {@linkplain #completed completed} job made durable.
 * It has no thread and no clock; every method is called on one loop. {@link JournalDriver} is the
 * loop around it.
 *
 * <p>At most one job is at the disk. What is appended meanwhile is collected and becomes the next
 * batch, so that batches grow with the load and no timer is needed. A batch is one write and one
 * sync. Votes go first; housekeeping takes its turn in slices between batches.
 *
 * <p>Nothing is durable before the sync of its batch has succeeded (P3), and a durable sector is
 * never written again: an entry that overwrites another is a new batch, and replay lets the later
 * one win. After a failed write or sync the journal is dead (P9).
 */
public final class Journal {
  /** How much of the current segment is used when preparing the next one begins, and ends. */
  private static final double PREPARE_FROM = 0.25;

  private static final double PREPARE_TO = 0.75;
  private static final int BATCHES_PER_BALLAST_SLICE = 16;

  /**
   * Where batches are as large as this, the next segment is reserved and not filled. Noting that
   * reserved blocks were written costs a sync 4 to 16 KiB of the file system's own journal; filling
   * them costs as much as the batches have.
   */
  private static final int LARGE_BATCH_BYTES = 8 << 10;

  private final Owner owner;
  private final JournalOptions options;
  private final SpareFiles spares;
  private final BatchEncoder encoder = new BatchEncoder();

  private final DurableState durable;

  /** Where the durable entries lie. */
  private final LogIndex log;

  /**
   * Every segment that holds a part of the log or a damage, oldest first; the last is written to.
   */
  private final List<SegmentFile> segments;

  /** The sector of the last segment at which the next batch begins. */
  private int nextSector;

  private long nextNumber;
  private long prevHash;
  private long commit;
  private Vote vote;
  private long voteGeneration;

  /** What is not at the disk yet. */
  private final PendingRecords pending;

  private @Nullable Vote pendingVote;

  /** How many votes this life was asked to save. */
  private long votesAsked;

  /** The chain begins anew with the next batch, in a new segment, and this is why. */
  private @Nullable LogRecord restart;

  private long releaseBelow;
  private @Nullable Task atDisk;

  /** Comes before everything else. */
  private @Nullable Task cleanUp;

  private @Nullable DiskFault failure;

  /** A batch waits for a segment that there is no space for. */
  private boolean spaceMissing;

  /** Preparing the next segment ahead of need, or the ballast, found no space. */
  private boolean spaceLow;

  /** The listener knows of missing space and has not been told that it was found. */
  private boolean spaceReported;

  private int batchesSinceSlice;

  /** What this life wrote to the last segment. */
  private int batchesInSegment;

  private long bytesInSegment;

  private long batches;
  private long writtenBytes;
  private long votes;

  /** A job and what its success means. */
  private record Task(JournalJob job, boolean needsSpace, Success success) {}

  @FunctionalInterface
  private interface Success {
    void then(List<JournalOutcome> outcomes);
  }

  Journal(
      Owner owner,
      JournalOptions options,
      SpareFiles spares,
      JournalScan scan,
      LogIndex log,
      long commit,
      VoteFiles.Found.Known known) {
    this.owner = owner;
    this.options = options;
    this.spares = spares;
    this.log = log;
    this.segments = new ArrayList<>(scan.segments());
    this.nextNumber = scan.nextNumber();
    this.prevHash = scan.lastHash();
    this.commit = Math.min(commit, log.last().index());
    this.durable = new DurableState(log, scan.stateSynced(), scan.snapshotTaken());
    this.vote = known.vote();
    this.voteGeneration = known.generation();
    this.pending = new PendingRecords(log.last());
    var end = scan.end();
    if (end == null || end.index() < 0) {
      nextSector = Integer.MAX_VALUE;
    } else {
      nextSector = end.sector();
      nextNumber = end.number();
    }
  }

  /**
   * Makes the scanned journal ready to be appended to. Blocks. On return everything that {@link
   * #last()} says is durable, also what the last process wrote and never synced. A torn end was
   * copied to {@code quarantine/} and cleared; segments that are not kept were moved there.
   *
   * @param vote what the vote files hold. With {@link Keep.BeforeDamage} the caller has made the
   *     claim (P5) durable in them before
   */
  public static Journal open(
      Disk disk,
      Owner owner,
      JournalOptions options,
      JournalScan scan,
      Keep keep,
      VoteFiles.Found.Known vote)
      throws DiskFaultException {
    return JournalOpening.open(disk, owner, options, scan, keep, vote);
  }

  /**
   * The chain begins anew, in a new segment, with this record.
   *
   * @param batchNumber of the batch that holds it
   */
  void restartWith(LogRecord record, long batchNumber) {
    restart = record;
    nextSector = Integer.MAX_VALUE;
    nextNumber = batchNumber;
    if (record instanceof LogRecord.Marked(Mark.LogReset(var position))) {
      pending.restartAt(position);
    }
  }

  /** Whether there is a segment to write to. */
  boolean hasSegment() {
    return !segments.isEmpty();
  }

  /** Does everything that is waiting on the calling thread. */
  void runToEnd(Disk disk) throws DiskFaultException {
    if (segments.isEmpty()) {
      var filling = spares.urgentSegment(1, false);
      do {
        disk.perform(spares.slice(filling));
      } while (!spares.sliced(filling));
      var spare = InvariantViolation.present(spares.fitting(1), "a file was filled");
      disk.perform(roll(spare));
      rolled(spare);
    }
    while (restart != null) {
      var job = InvariantViolation.present(poll(), "a restart is written at once");
      disk.perform(job.operations());
      var _ = completed(new DiskResult.Done());
    }
  }

  /**
   * Appends entries whose indexes follow each other. The first one follows the last entry, or
   * overwrites: then every entry from that index on is forgotten (P3).
   *
   * @param entries at least one
   * @param commitIndex the highest index known to be committed, kept as a hint
   * @return the ticket that {@link JournalOutcome.Durable} will name
   */
  public long append(List<Entry> entries, long commitIndex) {
    var first = entries.getFirst().index();
    if (first <= last().index()) {
      InvariantViolation.check(first > commit, "a committed entry is never overwritten");
      InvariantViolation.check(first > log.base().index(), "a released entry stays as it is");
    }
    commit = Math.max(commit, commitIndex);
    return pending.append(entries);
  }

  /**
   * Writes entries again that cannot be read back any more and are still in memory (P10). The
   * damaged batch stays where it is, and the next start finds it made good.
   *
   * @param entries the first one that is to be written again, and all up to {@link #last()}
   * @return the ticket that {@link JournalOutcome.Durable} will name
   */
  public long rewrite(List<Entry> entries) {
    InvariantViolation.check(
        entries.getLast().index() == last().index(), "a rewrite goes up to the end of the log");
    InvariantViolation.check(
        entries.getFirst().index() > log.base().index(), "a released entry stays as it is");
    for (var entry : entries) {
      InvariantViolation.check(
          entry.index() > log.last().index()
              || log.contains(new EntryId(entry.term(), entry.index())),
          "a rewrite changes nothing");
    }
    return pending.rewrite(entries);
  }

  /** Writes a mark; returns its ticket. */
  public long mark(Mark mark) {
    return pending.mark(mark);
  }

  /**
   * Makes a vote durable; answered by {@link JournalOutcome.VoteDurable}. The newest one counts:
   * one that is replaced before it reached the disk is never reported by itself.
   *
   * @return the number that the answer for this vote, or for a later one, will name
   */
  public long saveVote(Vote newVote) {
    var newest = pendingVote == null ? vote : pendingVote;
    InvariantViolation.check(newVote.term() >= newest.term(), "a term never falls");
    pendingVote = newVote;
    return ++votesAsked;
  }

  /**
   * Entries below the index are not needed any more: they are covered by the synced state store
   * <em>and</em> by the oldest snapshot that is kept (P12). Segments that hold nothing else are put
   * aside for use as later segments.
   */
  public void release(long belowIndex) {
    releaseBelow = Math.max(releaseBelow, belowIndex);
  }

  /** After {@link JournalOutcome.SpaceMissing} or {@code SpaceLow}: try again now. */
  public void retrySpace() {
    spaceMissing = false;
    spaceLow = false;
  }

  /** The next job, or null: nothing to do, or a job is at the disk, or the journal has failed. */
  public @Nullable JournalJob poll() {
    if (failure != null || atDisk != null) {
      return null;
    }
    var task = cleanUp == null ? next() : cleanUp;
    cleanUp = null;
    atDisk = task;
    return task == null ? null : task.job;
  }

  private @Nullable Task next() {
    var newVote = pendingVote;
    if (newVote != null) {
      return voteTask(newVote);
    }
    var waiting = !pending.isEmpty() || restart != null;
    var slice = housekeeping();
    return slice == null && waiting ? batchTask() : slice;
  }

  private Task voteTask(Vote newVote) {
    pendingVote = null;
    voteGeneration++;
    var asked = votesAsked;
    return new Task(
        new JournalJob(JournalJob.Kind.VOTE, VoteFiles.write(newVote, voteGeneration)),
        false,
        outcomes -> {
          vote = newVote;
          votes++;
          outcomes.add(new JournalOutcome.VoteDurable(newVote, asked));
        });
  }

  /** The next batch, or what must happen before it fits. */
  private @Nullable Task batchTask() {
    var drawn = pending.draw(options.batchBytes());
    var size = BatchEncoder.size(records(drawn, false));
    if (nextSector <= currentSectors() - BatchHeader.sectors(size) && nextSector > 0) {
      return writeTask(drawn, records(drawn, false));
    }
    var withHead = records(drawn, true);
    var sectors = BatchHeader.sectors(BatchEncoder.size(withHead));
    if (nextSector == 0 && sectors <= currentSectors()) {
      return writeTask(drawn, withHead);
    }
    var spare = spares.fitting(sectors);
    if (spare != null) {
      return new Task(new JournalJob(JournalJob.Kind.ROLL, roll(spare)), false, _ -> rolled(spare));
    }
    if (spaceMissing) {
      return null;
    }
    return sliceTask(spares.urgentSegment(sectors, hasLargeBatches()));
  }

  private int currentSectors() {
    return segments.isEmpty() ? 0 : segments.getLast().sectorCount();
  }

  private List<LogRecord> records(PendingRecords.Drawn drawn, boolean withHead) {
    var records = new ArrayList<LogRecord>();
    if (withHead) {
      records.add(new LogRecord.SegmentStart(owner, currentSectors()));
      records.add(new LogRecord.Marked(new Mark.StateSynced(durable.stateSynced())));
      records.add(new LogRecord.Marked(new Mark.SnapshotTaken(durable.snapshotTaken())));
    }
    if (restart != null) {
      records.add(restart);
    }
    for (var mark : drawn.marks()) {
      records.add(new LogRecord.Marked(mark));
    }
    for (var entry : drawn.entries()) {
      records.add(new LogRecord.Logged(entry));
    }
    return records;
  }

  private Task writeTask(PendingRecords.Drawn drawn, List<LogRecord> records) {
    pending.take(drawn);
    var before = durable.positionBefore(drawn, restart);
    var entries = drawn.entries();
    var last =
        entries.isEmpty()
            ? before
            : new EntryId(entries.getLast().term(), entries.getLast().index());
    // A follower hears that entries are committed before they are durable here. After a power cut
    // a hint beyond what this batch brings would look like a log that has lost its end (P6).
    var committed = Math.min(commit, last.index());
    var restarting = restart;
    var number = nextNumber;
    var header =
        new BatchHeader(
            restarting != null,
            number,
            0,
            0,
            before.index() + 1,
            last,
            before.term(),
            committed,
            number - 1,
            prevHash,
            0);
    var segment = segments.getLast();
    var sector = nextSector;
    var encoded = encoder.encode(header, records, segment.number(), sector);
    var path = segment.path();
    List<DiskOperation> operations =
        List.of(
            new DiskOperation.Write(path, (long) sector * Sector.BYTES, encoded.sectors()),
            new DiskOperation.Sync(path));
    return new Task(
        new JournalJob(JournalJob.Kind.BATCH, operations),
        false,
        outcomes -> {
          restart = null;
          nextNumber = number + 1;
          prevHash = encoded.hash();
          nextSector = sector + encoded.sectorCount();
          batches++;
          batchesInSegment++;
          bytesInSegment += (long) encoded.sectorCount() * Sector.BYTES;
          writtenBytes += (long) encoded.sectorCount() * Sector.BYTES;
          if (restarting != null) {
            durable.restart(restarting);
          }
          drawn.marks().forEach(durable::apply);
          durable.apply(entries, segment.number(), sector, encoded.sectorCount());
          batchesSinceSlice++;
          outcomes.add(new JournalOutcome.Durable(drawn.ticket(), log.last()));
        });
  }

  private List<DiskOperation> roll(SpareFiles.Spare spare) {
    return List.of(
        new DiskOperation.Rename(spare.path(), SegmentFile.path(nextSegment())),
        new DiskOperation.SyncDirectory(SegmentFile.DIRECTORY));
  }

  private long nextSegment() {
    return segments.isEmpty() ? 1 : segments.getLast().number() + 1;
  }

  private void rolled(SpareFiles.Spare spare) {
    segments.add(new SegmentFile(nextSegment(), spare.sectorCount()));
    nextSector = 0;
    batchesInSegment = 0;
    bytesInSegment = 0;
    spares.taken(spare);
  }

  private Task sliceTask(SpareFiles.Filling filling) {
    return new Task(
        new JournalJob(JournalJob.Kind.HOUSEKEEPING, spares.slice(filling)),
        true,
        outcomes -> {
          if (spares.sliced(filling) && spaceReported) {
            spaceReported = false;
            outcomes.add(new JournalOutcome.SpaceFound());
          }
        });
  }

  /**
   * A small piece of work that no batch waits for, or null. Preparing keeps pace with the log: it
   * begins when a quarter of the current segment is used and ends before three quarters are, so
   * that only a few batches ever wait for a slice, and an idle node does nothing.
   */
  private @Nullable Task housekeeping() {
    if (restart != null) {
      return null;
    }
    var oldest = segments.getFirst();
    if (isSucceeded() && log.liesBelow(oldest.number(), releaseBelow)) {
      return releaseTask(oldest);
    }
    if (spaceLow || spaceMissing) {
      return null;
    }
    var used = (double) nextSector / currentSectors();
    if (spares.isEmpty() && used > PREPARE_FROM) {
      var filling = spares.nextSegment(currentSectors(), hasLargeBatches());
      if (filling.fraction() <= (used - PREPARE_FROM) / (PREPARE_TO - PREPARE_FROM)) {
        return sliceTask(filling);
      }
    }
    if (!spares.hasBallast() && isGrown() && batchesSinceSlice >= BATCHES_PER_BALLAST_SLICE) {
      batchesSinceSlice = 0;
      return sliceTask(spares.ballast());
    }
    return null;
  }

  /**
   * Whether a segment behind the oldest one holds a durable batch. Otherwise its release would
   * leave a journal without any, which cannot be told from one that has lost them all.
   */
  private boolean isSucceeded() {
    return segments.size() > 2 || (segments.size() == 2 && nextSector > 0);
  }

  private boolean hasLargeBatches() {
    return batchesInSegment > 0 && bytesInSegment >= (long) batchesInSegment * LARGE_BATCH_BYTES;
  }

  /** The journal is large enough that a ballast does not dwarf it. */
  private boolean isGrown() {
    return options.ballastBytes() > 0 && segments.getLast().bytes() * 4 >= options.segmentBytes();
  }

  private Task releaseTask(SegmentFile oldest) {
    var spare = spares.wants(oldest.sectorCount()) ? spares.adopt(oldest.sectorCount()) : null;
    var operation =
        spare == null
            ? new DiskOperation.Delete(oldest.path())
            : new DiskOperation.Rename(oldest.path(), spare.path());
    // From now on nobody is told to read there.
    segments.removeFirst();
    log.forget(oldest.number());
    return new Task(
        new JournalJob(
            JournalJob.Kind.HOUSEKEEPING,
            List.of(operation, new DiskOperation.SyncDirectory(SegmentFile.DIRECTORY))),
        false,
        _ -> {
          if (spare != null) {
            spares.adopted(spare);
          }
        });
  }

  /**
   * Takes segments out of the list in which no entry lies any more: the oldest ones, and behind a
   * new beginning of the chain all but the one with the beginning.
   */
  List<SegmentFile> removeForgotten(boolean restarted) {
    var forgotten = new ArrayList<SegmentFile>();
    for (var segment : List.copyOf(segments.subList(0, segments.size() - 1))) {
      if (!log.liesIn(segment.number())) {
        forgotten.add(segment);
        segments.remove(segment);
      } else if (!restarted) {
        break;
      }
    }
    return forgotten;
  }

  /** The job handed out last has ended. */
  public List<JournalOutcome> completed(DiskResult result) {
    var task = InvariantViolation.present(atDisk, "only a job at the disk completes");
    atDisk = null;
    var outcomes = new ArrayList<JournalOutcome>();
    switch (result) {
      case DiskResult.Done() -> task.success.then(outcomes);
      case DiskResult.Failed(_, var fault) -> {
        if (task.needsSpace && fault.kind() == DiskFault.Kind.NO_SPACE) {
          outOfSpace(fault, outcomes);
        } else {
          failure = fault;
          outcomes.add(new JournalOutcome.Failed(fault));
        }
      }
    }
    return outcomes;
  }

  private void outOfSpace(DiskFault fault, List<JournalOutcome> outcomes) {
    var hadBallast = spares.hasBallast();
    var awaited = !pending.isEmpty();
    spaceLow = true;
    spaceMissing = awaited && !hadBallast;
    spaceReported = true;
    cleanUp =
        new Task(new JournalJob(JournalJob.Kind.HOUSEKEEPING, spares.giveUp()), false, _ -> {});
    outcomes.add(
        spaceMissing ? new JournalOutcome.SpaceMissing(fault) : new JournalOutcome.SpaceLow(fault));
  }

  /** The last entry appended, durable or not; {@link EntryId#ORIGIN} for an empty log. */
  public EntryId last() {
    return pending.last();
  }

  /** The last entry that is durable. */
  public EntryId lastDurable() {
    return log.last();
  }

  /** The position before the first entry that can be read. */
  public EntryId base() {
    return log.base();
  }

  /** The first index that can be read, {@code base().index() + 1}. */
  public long firstIndex() {
    return log.base().index() + 1;
  }

  /**
   * The term of the durable entry at the index, in {@code [base().index(), lastDurable().index()]}.
   */
  public long termAt(long index) {
    return log.termAt(index);
  }

  /** Whether this very entry is durable, or lies before the first one that can be read. */
  public boolean holds(EntryId entry) {
    return entry.index() <= log.base().index() || log.contains(entry);
  }

  /** The newest batch whose sync has succeeded; 0 before there is one. */
  public long durableBatch() {
    return nextNumber - 1;
  }

  /** The highest index known to be committed, as a hint: after a restart it may be behind. */
  public long commit() {
    return commit;
  }

  /** The newest durable mark that the state store was synced, or the origin. */
  public EntryId stateSynced() {
    return durable.stateSynced();
  }

  /** The newest durable mark of a snapshot taken, or the origin. */
  public EntryId snapshotTaken() {
    return durable.snapshotTaken();
  }

  /** The durable vote. */
  public Vote vote() {
    return vote;
  }

  /**
   * The vote to start with: the term is the higher one of the vote files and of the last entry. An
   * entry of a later term than the vote's tells that this member has seen that term and voted for
   * nobody in it, because a vote would have been durable first.
   */
  public Vote voteAtBoot() {
    return vote.term() >= log.last().term() ? vote : vote.in(log.last().term(), 0);
  }

  /** Why nothing becomes durable any more, or null. */
  public @Nullable DiskFault failure() {
    return failure;
  }

  /** Where the durable entries {@code [from, to)} lie. */
  public LogRange range(long from, long to) {
    return new LogRange(from, to, log.extents(from, to));
  }

  /**
   * Where the durable entries from the index on lie that one read brings.
   *
   * @param from in {@code [firstIndex(), lastDurable().index()]}
   */
  LogRange stretch(long from) {
    var extent = log.extents(from, from + 1).getFirst();
    return new LogRange(from, extent.lastIndex() + 1, List.of(extent));
  }

  public JournalStatistics statistics() {
    var segmentBytes = 0L;
    for (var segment : segments) {
      segmentBytes += segment.bytes();
    }
    return new JournalStatistics(
        batches,
        durable.entries(),
        durable.payloadBytes(),
        writtenBytes,
        votes,
        segments.size(),
        segmentBytes);
  }
}
