package dev.kvorum.raft.stage;

import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.Journal;
import dev.kvorum.storage.journal.Mark;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Decides what the journal may give up, and when a full snapshot is due (P12).
 *
 * <p>An entry is needed until the synced state store holds it <em>and</em> a whole snapshot does:
 * the store may be lost at any time, and is then rebuilt from the snapshot and the entries behind
 * it. A snapshot costs writing everything, so it waits until the journal has grown as large as the
 * data, and never for less than a fixed size. It is due at once in two cases: when most of what the
 * newest one holds was deleted since, which gives its space back; and where a journal had to begin
 * anew behind it, because its end was lost and the store was ahead of it: until then the store
 * cannot be rebuilt.
 */
final class JournalRelease {
  private final Journal journal;
  private long markTicket;
  private EntryId markPosition = EntryId.ORIGIN;
  private boolean snapshotRunning;

  /** No snapshot and no entries make up for the state store. */
  private boolean storeIsAlone;

  private final long snapshotAfterBytes;
  private long wantedAboveBytes;

  /** What of this life's written bytes a snapshot covers; below zero for an earlier life's. */
  private long countedFromBytes;

  private long writtenAtSnapshotBytes;

  /** The last entry that no follower is served any more. */
  private final LongSupplier servedFrom;

  /**
   * @param snapshotAfterBytes no snapshot is written for a smaller journal
   * @param servedFrom the position before the first entry that followers may still be sent
   */
  JournalRelease(Journal journal, long snapshotAfterBytes, LongSupplier servedFrom) {
    this.journal = journal;
    this.servedFrom = servedFrom;
    this.snapshotAfterBytes = snapshotAfterBytes;
    wantedAboveBytes = snapshotAfterBytes;
    storeIsAlone = journal.base().index() > journal.snapshotTaken().index();
    countedFromBytes = journal.statistics().writtenBytes() - journal.statistics().segmentBytes();
  }

  /** Something became durable; maybe a snapshot's mark, maybe the journal is large now. */
  void durable(long ticket, List<RaftEffect> effects) {
    if (markTicket != 0 && ticket >= markTicket) {
      markTicket = 0;
      effects.add(new RaftEffect.DropSnapshotsBelow(markPosition));
    }
    var safe = Math.min(journal.stateSynced().index(), journal.snapshotTaken().index());
    var covered = Math.min(safe, servedFrom.getAsLong());
    if (covered >= journal.firstIndex()) {
      journal.release(covered + 1);
    }
    var statistics = journal.statistics();
    if (!snapshotRunning && statistics.writtenBytes() - countedFromBytes > wantedAboveBytes) {
      takeSnapshot(effects);
    }
  }

  /** Time has passed. */
  void tick(List<RaftEffect> effects) {
    if (storeIsAlone && !snapshotRunning) {
      takeSnapshot(effects);
    }
  }

  /** What the newest snapshot holds is mostly gone from the store. */
  void dataShrank(List<RaftEffect> effects) {
    if (!snapshotRunning) {
      takeSnapshot(effects);
    }
  }

  private void takeSnapshot(List<RaftEffect> effects) {
    // One that fails is asked for again like any other: a full disk is not kept busy by it.
    storeIsAlone = false;
    snapshotRunning = true;
    writtenAtSnapshotBytes = journal.statistics().writtenBytes();
    effects.add(new RaftEffect.TakeSnapshot());
  }

  void snapshotTaken(EntryId position, long liveBytes) {
    snapshotRunning = false;
    markPosition = position;
    markTicket = journal.mark(new Mark.SnapshotTaken(position));
    countedFromBytes = writtenAtSnapshotBytes;
    wantedAboveBytes = Math.max(snapshotAfterBytes, liveBytes);
  }

  void snapshotFailed() {
    snapshotRunning = false;
    countedFromBytes = writtenAtSnapshotBytes;
    wantedAboveBytes = snapshotAfterBytes;
  }
}
