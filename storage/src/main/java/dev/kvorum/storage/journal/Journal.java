package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskResult;
import dev.kvorum.storage.journal.vote.Vote;
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
 */
public final class Journal {
  /**
   * Makes the scanned journal ready to be appended to. Blocks. On return everything that {@link
   * #last()} says is durable, also what the last process wrote and never synced, and the part that
   * is not kept lies in {@code quarantine/}.
   */
  public static Journal open(
      Disk disk, Owner owner, JournalOptions options, JournalScan scan, Keep keep)
      throws DiskFaultException {
    throw new UnsupportedOperationException(disk + " " + owner + options + scan + keep);
  }

  /**
   * Appends entries whose indexes follow each other. The first one follows the last entry, or
   * overwrites: then every entry from that index on is forgotten (P3).
   *
   * @param commit the highest index known to be committed, kept as a hint
   * @return the ticket that {@link JournalOutcome.Durable} will name
   */
  public long append(List<Entry> entries, long commit) {
    throw new UnsupportedOperationException(entries + " " + commit);
  }

  /** Writes a mark; returns its ticket. */
  public long mark(Mark mark) {
    throw new UnsupportedOperationException(mark.toString());
  }

  /** Makes a vote durable; answered by {@link JournalOutcome.VoteDurable}. */
  public void saveVote(Vote vote) {
    throw new UnsupportedOperationException(vote.toString());
  }

  /**
   * Entries below the index are not needed any more: they are covered by the synced state store
   * <em>and</em> by the oldest snapshot that is kept (P12). Segments that hold nothing else are put
   * aside for use as later segments.
   */
  public void release(long belowIndex) {
    throw new UnsupportedOperationException("" + belowIndex);
  }

  /** After {@link JournalOutcome.SpaceMissing}: try again now. */
  public void retrySpace() {
    throw new UnsupportedOperationException();
  }

  /** The next job, or null: nothing to do, or a job is at the disk. */
  public @Nullable JournalJob poll() {
    throw new UnsupportedOperationException();
  }

  /** The job handed out last has ended. */
  public List<JournalOutcome> completed(DiskResult result) {
    throw new UnsupportedOperationException(result.toString());
  }

  /** The last entry appended, durable or not; {@link EntryId#ORIGIN} for an empty log. */
  public EntryId last() {
    throw new UnsupportedOperationException();
  }

  /** The last entry that is durable. */
  public EntryId lastDurable() {
    throw new UnsupportedOperationException();
  }

  /** The position before the first entry that can be read. */
  public EntryId base() {
    throw new UnsupportedOperationException();
  }

  /** The first index that can be read, {@code base().index() + 1}. */
  public long firstIndex() {
    throw new UnsupportedOperationException();
  }

  /** The term of the entry at the index, in {@code [base().index(), last().index()]}. */
  public long termAt(long index) {
    throw new UnsupportedOperationException("" + index);
  }

  /** The commit hint of the last durable batch: everything up to it was committed. */
  public long commit() {
    throw new UnsupportedOperationException();
  }

  /** The newest mark that the state store was synced, or the origin. */
  public EntryId stateSynced() {
    throw new UnsupportedOperationException();
  }

  /** The newest mark of a snapshot taken, or the origin. */
  public EntryId snapshotTaken() {
    throw new UnsupportedOperationException();
  }

  /** Where the durable entries {@code [from, to)} lie. */
  public LogRange range(long from, long to) {
    throw new UnsupportedOperationException(from + " " + to);
  }

  public JournalStatistics statistics() {
    throw new UnsupportedOperationException();
  }
}
