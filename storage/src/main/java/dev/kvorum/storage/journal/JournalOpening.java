package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.vote.VoteFiles;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes a {@link Journal} of the files that a scan has judged. Blocks; see {@link Journal#open}.
 */
final class JournalOpening {
  private JournalOpening() {}

  static Journal open(
      Disk disk,
      Owner owner,
      JournalOptions options,
      JournalScan scan,
      Keep keep,
      VoteFiles.Found.Known vote)
      throws DiskFaultException {
    InvariantViolation.check(scan.contradiction() == null, "a contradiction is never opened");
    disk.perform(
        List.of(
            new DiskOperation.MakeDirectory(SegmentFile.DIRECTORY),
            new DiskOperation.SyncDirectory("")));
    var spares = SpareFiles.open(disk, options);
    var beforeDamage =
        switch (keep) {
          case Keep.BeforeDamage _, Keep.UpTo _ -> true;
          case Keep.Everything _, Keep.BehindDamage _ -> false;
        };
    var log = beforeDamage ? scan.logBeforeDamage() : scan.log();
    var commit = beforeDamage ? scan.commitBeforeDamage() : scan.commit();
    var journal = new Journal(owner, options, spares, scan, log, commit, vote);
    var restart = restartRecord(scan, keep, log);
    if (restart != null) {
      disk.perform(EndOfJournal.syncs(scan));
      journal.restartWith(restart, scan.nextNumber());
    } else {
      EndOfJournal.makeReady(disk, scan);
    }
    if (!journal.hasSegment() || restart != null) {
      journal.runToEnd(disk);
    }
    if (!scan.isSound()) {
      EndOfJournal.setAside(disk, journal.removeForgotten(restart != null));
    }
    return journal;
  }

  /** What the next batch must say about the files before it; null if it simply follows. */
  private static @Nullable LogRecord restartRecord(JournalScan scan, Keep keep, LogIndex log) {
    return switch (keep) {
      case Keep.Everything() -> {
        InvariantViolation.check(scan.isSound(), "damage is never kept as if it were whole");
        var usable = scan.end() != null;
        yield usable ? null : new LogRecord.Cut(log.last());
      }
      case Keep.BeforeDamage() -> new LogRecord.Cut(log.last());
      case Keep.UpTo(var position) ->
          log.contains(position)
              ? new LogRecord.Cut(position)
              : new LogRecord.Marked(new Mark.LogReset(position));
      case Keep.BehindDamage(var covered) -> {
        InvariantViolation.check(
            log.base().index() <= covered.index(), "nothing between the state and the log is lost");
        var endLost = scan.endIsLost() && scan.damages().getLast().losesEntries();
        if (endLost || log.last().index() < covered.index()) {
          yield new LogRecord.Marked(new Mark.LogReset(covered));
        }
        yield scan.end() == null ? new LogRecord.Cut(log.last()) : null;
      }
    };
  }
}
