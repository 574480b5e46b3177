package dev.kvorum.storage.journal;

import dev.kvorum.storage.model.InvariantViolation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the synced batches of a journal say, taken together. */
final class DurableState {
  private final LogIndex log;
  private EntryId stateSynced;
  private EntryId snapshotTaken;
  private long entries;
  private long payloadBytes;

  DurableState(LogIndex log, EntryId stateSynced, EntryId snapshotTaken) {
    this.log = log;
    this.stateSynced = stateSynced;
    this.snapshotTaken = snapshotTaken;
  }

  /** Where the entries lie. */
  LogIndex log() {
    return log;
  }

  /** The newest mark that the state store was synced, or the origin. */
  EntryId stateSynced() {
    return stateSynced;
  }

  /** The newest mark of a snapshot taken, or the origin. */
  EntryId snapshotTaken() {
    return snapshotTaken;
  }

  /** How many entries this life made durable. */
  long entries() {
    return entries;
  }

  /** The size of their payloads. */
  long payloadBytes() {
    return payloadBytes;
  }

  /**
   * The log's last position when the first entry of the batch is appended.
   *
   * @param restart with what the batch begins the chain anew, or null
   */
  EntryId positionBefore(PendingRecords.Drawn drawn, @Nullable LogRecord restart) {
    var position = log.last();
    if (restart instanceof LogRecord.Cut(var cut)) {
      position = cut;
    } else if (restart instanceof LogRecord.Marked(Mark.LogReset(var reset))) {
      position = reset;
    }
    for (var mark : drawn.marks()) {
      if (mark instanceof Mark.LogReset(var reset)) {
        position = reset;
      }
    }
    if (drawn.entries().isEmpty()) {
      return position;
    }
    var first = drawn.entries().getFirst().index();
    return first == position.index() + 1 ? position : new EntryId(log.termAt(first - 1), first - 1);
  }

  /** The batch that begins the chain anew is durable. */
  void restart(LogRecord record) {
    switch (record) {
      case LogRecord.Cut(var position) -> log.cut(position);
      case LogRecord.Marked(var mark) -> apply(mark);
      case LogRecord.Logged _, LogRecord.SegmentStart _, LogRecord.Unknown _ ->
          throw new InvariantViolation("nothing else begins the chain anew");
    }
  }

  /** A mark is durable. */
  void apply(Mark mark) {
    switch (mark) {
      case Mark.StateSynced(var position) -> stateSynced = position;
      case Mark.SnapshotTaken(var position) -> snapshotTaken = position;
      case Mark.LogReset(var position) -> log.reset(position);
    }
  }

  /** Entries are durable, in the batch that stands there. */
  void apply(List<Entry> entries, long segment, int sector, int sectorCount) {
    if (entries.isEmpty()) {
      return;
    }
    log.begin(entries.getFirst().index(), segment, sector, sectorCount);
    for (var entry : entries) {
      log.add(new EntryId(entry.term(), entry.index()));
      payloadBytes += entry.payload().size();
    }
    log.end();
    this.entries += entries.size();
  }
}
