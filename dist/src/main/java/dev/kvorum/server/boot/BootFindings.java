package dev.kvorum.server.boot;

import dev.kvorum.storage.journal.AuditFile;
import dev.kvorum.storage.journal.JournalScan;
import dev.kvorum.storage.journal.Verdict;
import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFault;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the log and the audit file what a start found in the journal (P21). */
public final class BootFindings {
  private static final Logger LOGGER = LoggerFactory.getLogger(BootFindings.class);

  private BootFindings() {}

  /** Writes a log line for each finding, before the start is decided. */
  static void log(List<Verdict> verdicts) {
    for (var verdict : verdicts) {
      var event = verdict.kind().isDamage() ? LOGGER.atWarn() : LOGGER.atInfo();
      event
          .addKeyValue("verdict", kind(verdict))
          .addKeyValue("path", verdict.path())
          .addKeyValue("sector", verdict.sector())
          .addKeyValue("batch", verdict.batch())
          .log(verdict.detail());
    }
  }

  /** Keeps what was not sound, once it is decided that the start goes on. */
  static void audit(Disk disk, JournalScan scan) throws DiskFaultException {
    var lines = new ArrayList<String>();
    var now = Instant.now();
    for (var verdict : scan.verdicts()) {
      if (verdict.kind() != Verdict.Kind.SOUND) {
        lines.add("%s start: %s %s".formatted(now, kind(verdict), verdict.message()));
      }
    }
    for (var damage : scan.damages()) {
      lines.add("%s start: missing: %s".formatted(now, damage.range()));
    }
    if (lines.isEmpty()) {
      return;
    }
    try {
      AuditFile.append(disk, lines);
    } catch (DiskFaultException fault) {
      // A full disk must not keep a member from starting; the log has the same findings.
      if (fault.fault().kind() != DiskFault.Kind.NO_SPACE) {
        throw fault;
      }
      LOGGER.warn("there is no space to add to the audit file", fault);
    }
  }

  /** The word for the verdict in logs, audit records and metrics. */
  public static String kind(Verdict verdict) {
    return verdict.kind().name().toLowerCase(Locale.ROOT);
  }
}
