package dev.kvorum.storage.journal;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The log as the batches of a scan tell it, one after the other, and what is missing from it.
 *
 * <p>Behind a damage the log is followed further from the next whole batch on, since that tells
 * what exactly is lost; {@link #beforeDamage()} keeps the log up to the first loss. A later batch
 * may make a loss good: it begins the chain anew, or it holds the lost entries again.
 */
final class LogReplay {
  /** Where a batch stands. */
  record Place(SegmentFile segment, int sector, int sectorCount) {}

  private LogIndex log = new LogIndex(EntryId.ORIGIN);
  private @Nullable LogIndex beforeDamage;
  private final List<Damage> damages = new ArrayList<>();

  /**
   * Whether the log begins where the oldest segment does, because older ones were released, and not
   * where a mark says.
   */
  private boolean beganBehind;

  private long commit;
  private long commitBeforeDamage;
  private EntryId stateSynced = EntryId.ORIGIN;
  private EntryId snapshotTaken = EntryId.ORIGIN;

  LogIndex log() {
    return log;
  }

  /** The log up to the first loss; the whole log if there is none. */
  LogIndex beforeDamage() {
    var kept = beforeDamage;
    return kept == null ? log : kept;
  }

  List<Damage> damages() {
    return damages;
  }

  /** The highest commit hint. */
  long commit() {
    return commit;
  }

  /**
   * The highest commit hint that is about {@link #beforeDamage()}. A later one is about a log that
   * the lost batches may have changed: what they overwrote still stands in the log before them.
   */
  long commitBeforeDamage() {
    return beforeDamage == null ? commit : commitBeforeDamage;
  }

  EntryId stateSynced() {
    return stateSynced;
  }

  EntryId snapshotTaken() {
    return snapshotTaken;
  }

  /** The position before a batch's first entry. */
  static EntryId before(BatchHeader header) {
    return new EntryId(Math.max(0, header.prevTerm()), Math.max(0, header.firstIndex() - 1));
  }

  /** The first batch that there is does not begin the log: older segments were released. */
  void beginBehind(BatchHeader header) {
    log.reset(before(header));
    beganBehind = true;
  }

  /**
   * Brings what a batch says into the log.
   *
   * @return why it cannot belong here, or null
   */
  @Nullable String take(Batch batch, Place place) {
    var header = batch.header();
    var begun = false;
    for (var record : batch.records()) {
      switch (record) {
        case LogRecord.SegmentStart _ -> {}
        case LogRecord.Cut(var position) -> cut(position, header, place);
        case LogRecord.Marked(Mark.LogReset(var position)) -> {
          log.reset(position);
          beganBehind = false;
          settle();
        }
        case LogRecord.Marked(Mark.StateSynced(var position)) -> stateSynced = position;
        case LogRecord.Marked(Mark.SnapshotTaken(var position)) -> snapshotTaken = position;
        case LogRecord.Logged(var entry) -> {
          if (!begun) {
            if (entry.index() != header.firstIndex() || !rejoin(header)) {
              return "its entries do not follow the log";
            }
            log.begin(entry.index(), place.segment.number(), place.sector, place.sectorCount);
            begun = true;
          }
          if (entry.index() != log.last().index() + 1 || entry.term() < log.last().term()) {
            return "its entries do not follow each other";
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
      return "the log does not end where its header says";
    }
    commit = Math.max(commit, header.commit());
    return null;
  }

  /**
   * Makes the log one that the batch's entries can follow; false if they cannot. A batch that
   * begins below what is known behind a damage overwrites lost entries, so they are lost no more.
   */
  private boolean rejoin(BatchHeader header) {
    var before = before(header);
    if (before.index() >= log.base().index()) {
      return log.contains(before);
    }
    var kept = beforeDamage;
    if (kept == null) {
      if (beganBehind) {
        // The oldest segment began with entries that were overwritten from further back. What
        // stands before the new ones lay in a released segment, so it is needed no more.
        log.reset(before);
      }
      return beganBehind;
    }
    if (kept.contains(before)) {
      log = kept.copy();
    } else if (beganBehind || before.index() > kept.base().index()) {
      // Further back than all that is left before the damage: that is needed no more either.
      log.reset(before);
    } else {
      return false;
    }
    damages.replaceAll(damage -> damage.overwrittenFrom(header.firstIndex()));
    if (damages.stream().noneMatch(Damage::losesEntries)) {
      beforeDamage = null;
    }
    return true;
  }

  private void cut(EntryId position, BatchHeader header, Place place) {
    var kept = beforeDamage;
    if (log.contains(position)) {
      log.cut(position);
    } else if (kept != null && kept.contains(position)) {
      log = kept.copy();
      log.cut(position);
    } else {
      // What the cut kept has been damaged since.
      var from = log.last().index() + 1;
      damages.add(
          new Damage(
              Damage.Kind.ROT,
              place.segment.path(),
              place.sector,
              header.number(),
              from,
              position.index(),
              null));
      keepBeforeDamage();
      log.reset(position);
      return;
    }
    damages.replaceAll(damage -> damage.overwrittenFrom(position.index() + 1));
    damages.removeIf(damage -> !damage.losesEntries());
    if (damages.isEmpty()) {
      beforeDamage = null;
    }
  }

  /** Whether a batch that begins the chain anew can be taken without losing anything. */
  boolean goesOnWith(Batch restart) {
    return restart.records().stream()
        .allMatch(record -> !(record instanceof LogRecord.Cut(var at)) || log.contains(at));
  }

  /** The log begins anew here, and what was wrong before does not matter any more. */
  private void settle() {
    damages.clear();
    beforeDamage = null;
  }

  private void keepBeforeDamage() {
    if (beforeDamage == null) {
      beforeDamage = log.copy();
      commitBeforeDamage = commit;
    }
  }

  /** A batch is damaged, and {@code next} is the first whole one behind it. */
  void skipTo(
      BatchHeader next, Damage.Kind kind, SegmentFile segment, int sector, long missingBatch) {
    var before = before(next);
    if (!next.restart() && log.contains(before)) {
      // What is behind that position was cut off by the missing batch, or is by the next one.
      log.cut(before);
    }
    var from = log.last().index() + 1;
    var to = from - 1;
    if (!next.restart() && !log.contains(before)) {
      if (log.last().term() != before.term() || before.index() < log.last().index()) {
        from = firstThatMayDiffer();
      }
      to = Math.max(from, before.index());
      keepBeforeDamage();
      log.reset(before);
    }
    damages.add(new Damage(kind, segment.path(), sector, missingBatch, from, to, null));
  }

  /**
   * A batch is damaged, and nothing is behind it.
   *
   * @param claimed where the log ended with that batch, or null if nothing tells
   */
  void loseEnd(
      Damage.Kind kind,
      @Nullable EntryId claimed,
      SegmentFile segment,
      int sector,
      long missingBatch) {
    var from = log.last().index() + 1;
    var to = Long.MAX_VALUE;
    if (claimed != null) {
      if (claimed.equals(log.last())) {
        to = from - 1;
      } else {
        from = claimed.term() == log.last().term() ? from : firstThatMayDiffer();
        to = Math.max(from, claimed.index());
      }
    }
    keepBeforeDamage();
    damages.add(new Damage(kind, segment.path(), sector, missingBatch, from, to, claimed));
  }

  /** A batch is whole, and nothing tells whether it is on the medium. */
  void distrust(BatchHeader header, SegmentFile segment, int sector) {
    keepBeforeDamage();
    damages.add(
        new Damage(
            Damage.Kind.UNPROVEN,
            segment.path(),
            sector,
            header.number(),
            header.firstIndex(),
            header.last().index(),
            header.last()));
  }

  /** Another leader's entries may have replaced the end of what is left of the log. */
  private long firstThatMayDiffer() {
    return Math.min(log.last().index(), Math.max(commit, log.base().index())) + 1;
  }

  /**
   * Later batches tell how far the log had reached when an earlier one was damaged.
   *
   * @param torn whether the last batch was cut short: beside a damage, that may be damage as well,
   *     so it counts as if it had been acknowledged
   * @param tornClaim where the log would have ended with it, or null if nothing tells
   */
  void nameClaims(boolean torn, @Nullable EntryId tornClaim) {
    var furthest = torn ? tornClaim : log.last();
    damages.replaceAll(
        damage ->
            damage.claimed() == null && damage.toIndex() != Long.MAX_VALUE
                ? damage.withClaim(furthest)
                : damage);
  }
}
