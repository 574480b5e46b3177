package dev.kvorum.server.tool;

import dev.kvorum.server.boot.StateCheck;
import dev.kvorum.storage.journal.JournalScan;
import dev.kvorum.storage.journal.LoneVoter;
import dev.kvorum.storage.journal.Owner;
import dev.kvorum.storage.journal.StartDecision;
import dev.kvorum.storage.journal.Verdict;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.ReadOnlyDisk;
import dev.kvorum.storage.journal.identity.DirectoryLock;
import dev.kvorum.storage.journal.identity.IdentityCheck;
import dev.kvorum.storage.journal.snapshot.Snapshots;
import dev.kvorum.storage.journal.vote.VoteFiles;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;

/**
 * Looks at everything in a data directory and says what it found, a line for each file, and what
 * the next start would make of it. Changes nothing: the state store, whose engine writes when it
 * opens, is looked at in a copy.
 */
final class Check {
  private final Arguments arguments;
  private final PrintStream out;
  private Outcome outcome = Outcome.CLEAN;

  Check(Arguments arguments, PrintStream out) {
    this.arguments = arguments;
    this.out = out;
  }

  Outcome run() throws DiskFaultException, IOException {
    if (!Files.isDirectory(arguments.data()) || !Files.isDirectory(arguments.logOrData())) {
      out.println(arguments.data() + " is no directory");
      return Outcome.FAILED;
    }
    if (DirectoryLock.isHeld(arguments.data()) || DirectoryLock.isHeld(arguments.logOrData())) {
      out.println(arguments.data() + " is in use; end the server first");
      return Outcome.IN_USE;
    }
    try (var log = new ReadOnlyDisk(arguments.logOrData());
        var data = new ReadOnlyDisk(arguments.data())) {
      var identity = IdentityCheck.of(log);
      show(identity.verdict(), identity.refused() ? Outcome.REFUSED : Outcome.MENDABLE);
      votes(log);
      var known = identity.identity();
      if (known != null) {
        journal(log, data, new Owner(known.clusterId(), known.memberId()));
      }
    }
    return outcome;
  }

  private void votes(ReadOnlyDisk log) {
    var verdicts = VoteFiles.check(log);
    var both = verdicts.stream().allMatch(verdict -> verdict.kind().isDamage());
    verdicts.forEach(verdict -> show(verdict, both ? Outcome.REFUSED : Outcome.MENDABLE));
  }

  private void journal(ReadOnlyDisk log, ReadOnlyDisk data, Owner owner)
      throws DiskFaultException, IOException {
    var scan = JournalScan.read(log, owner, false);
    // How bad a damage is depends on what the state covers, which is known further down.
    scan.verdicts().forEach(verdict -> show(verdict, Outcome.CLEAN));
    for (var path : scan.segmentPaths()) {
      if (scan.verdicts().stream().noneMatch(verdict -> verdict.path().equals(path))) {
        show(Verdict.of(Verdict.Kind.SOUND, path, "read through"), Outcome.CLEAN);
      }
    }
    var snapshots = Snapshots.check(data);
    snapshots.forEach(verdict -> show(verdict, Outcome.MENDABLE));
    if (scan.contradiction() != null) {
      outcome = outcome.and(Outcome.FOREIGN);
      return;
    }
    var state = StateCheck.of(arguments.data(), data, scan);
    show(state.verdict(), Outcome.MENDABLE);
    var covered = state.covered();
    if (covered == null) {
      out.println("neither the state store nor any snapshot can be used: restore a backup");
      outcome = outcome.and(Outcome.REFUSED);
      return;
    }
    switch (LoneVoter.decide(scan, covered, arguments.data().toString())) {
      case StartDecision.Start _ ->
          outcome = scan.damages().isEmpty() ? outcome : outcome.and(Outcome.MENDABLE);
      case StartDecision.Refuse(var message) -> {
        out.println(message);
        outcome = outcome.and(Outcome.REFUSED);
      }
    }
  }

  private void show(Verdict verdict, Outcome ifDamaged) {
    out.println(line(verdict));
    if (verdict.kind() == Verdict.Kind.CONTRADICTION) {
      outcome = outcome.and(Outcome.FOREIGN);
    } else if (verdict.kind().isDamage()) {
      outcome = outcome.and(ifDamaged);
    }
  }

  /** A finding as both tools print it. */
  static String line(Verdict verdict) {
    return "%-13s %s".formatted(verdict.kind().name().toLowerCase(Locale.ROOT), verdict.message());
  }

  /** The findings that are not sound. */
  static List<String> damaged(JournalScan scan) {
    return scan.verdicts().stream()
        .filter(verdict -> verdict.kind() != Verdict.Kind.SOUND)
        .map(Check::line)
        .toList();
  }
}
