package dev.kvorum.server.tool;

import dev.kvorum.server.boot.StateCheck;
import dev.kvorum.storage.journal.AuditFile;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.Journal;
import dev.kvorum.storage.journal.JournalOptions;
import dev.kvorum.storage.journal.JournalScan;
import dev.kvorum.storage.journal.Keep;
import dev.kvorum.storage.journal.LoneVoter;
import dev.kvorum.storage.journal.Owner;
import dev.kvorum.storage.journal.StartDecision;
import dev.kvorum.storage.journal.StartScan;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.identity.DataDirectory;
import dev.kvorum.storage.journal.identity.DirectoryLock;
import dev.kvorum.storage.journal.identity.DirectoryRefusedException;
import dev.kvorum.storage.journal.identity.FailureMark;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.journal.vote.Vote;
import dev.kvorum.storage.journal.vote.VoteFiles;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Gives up, on an operator's word, what a server refuses to start without (P7, P19). Only an index
 * that the damage itself names is accepted, so that a slip of the finger gives up nothing. What is
 * given up goes to {@code quarantine/}, and {@code audit} keeps who did what.
 */
final class Repair {
  private final Arguments arguments;
  private final PrintStream out;

  Repair(Arguments arguments, PrintStream out) {
    this.arguments = arguments;
    this.out = out;
  }

  Outcome run() throws DirectoryRefusedException, DiskFaultException, IOException {
    if (!Files.isDirectory(arguments.data()) || !Files.isDirectory(arguments.logOrData())) {
      out.println(arguments.data() + " is no directory");
      return Outcome.FAILED;
    }
    if (DirectoryLock.isHeld(arguments.data()) || DirectoryLock.isHeld(arguments.logOrData())) {
      out.println(arguments.data() + " is in use; end the server first");
      return Outcome.IN_USE;
    }
    if (!Files.exists(arguments.logOrData().resolve("identity"))) {
      out.println(arguments.logOrData() + " is no data directory of Kvorum");
      return Outcome.FOREIGN;
    }
    try (var directory = DataDirectory.open(arguments.data(), arguments.log())) {
      var identity = directory.identity();
      if (identity == null) {
        out.println(arguments.data() + " was never finished; start a server on it");
        return Outcome.FOREIGN;
      }
      return run(directory, new Owner(identity.clusterId(), identity.memberId()));
    }
  }

  private Outcome run(DataDirectory directory, Owner owner) throws DiskFaultException, IOException {
    var disk = directory.logDisk();
    var scan = StartScan.read(disk, owner, failedAfterBatch(directory), out::println).scan();
    if (scan.contradiction() != null) {
      out.println(scan.contradiction());
      return Outcome.FOREIGN;
    }
    var covered = StateCheck.of(arguments.data(), directory.dataDisk(), scan).covered();
    if (covered == null) {
      out.println("neither the state store nor any snapshot can be used: restore a backup");
      return Outcome.REFUSED;
    }
    if (scan.damages().isEmpty() && scan.base().index() > covered.index()) {
      out.println("entries before the journal are missing: restore a backup");
      return Outcome.REFUSED;
    }
    if (LoneVoter.decide(scan, covered, arguments.data().toString())
        instanceof StartDecision.Start) {
      out.println("a start loses nothing, so there is nothing to give up; nothing was changed");
      return Outcome.CLEAN;
    }
    var kept = LoneVoter.kept(scan, covered);
    if (arguments.discardFrom() != kept.index() + 1) {
      out.println(
          "everything up to index %d is there, so only --discard-from %d can be meant; nothing was changed"
              .formatted(kept.index(), kept.index() + 1));
      return Outcome.REFUSED;
    }
    return giveUp(directory, owner, scan, kept);
  }

  /** What a start would know of a disk failure before it. */
  private static OptionalLong failedAfterBatch(DataDirectory directory) {
    return FailureMark.read(directory.roots())
        .filter(failure -> !failure.settled())
        .map(failure -> OptionalLong.of(failure.durableBatch()))
        .orElse(OptionalLong.empty());
  }

  private Outcome giveUp(DataDirectory directory, Owner owner, JournalScan scan, EntryId kept)
      throws DiskFaultException {
    var disk = directory.logDisk();
    if (!(VoteFiles.load(disk, false) instanceof VoteFiles.Found.Known found)) {
      out.println("both vote files are damaged: this member must join again under a new id");
      return Outcome.REFUSED;
    }
    var lines = new ArrayList<String>();
    lines.add(
        "%s repair: an operator gives up the log from index %d on; it ends at index %d, term %d"
            .formatted(Instant.now(), kept.index() + 1, kept.index(), kept.term()));
    scan.damages()
        .forEach(damage -> lines.add("  lost: " + damage.range() + " in " + damage.segment()));
    Check.damaged(scan).forEach(line -> lines.add("  " + line));
    AuditFile.append(disk, lines);
    var vote = found;
    if (!(found.vote().claim() instanceof Claim.Sound)) {
      // What was claimed is given up with the rest.
      var cured = new Vote(found.vote().term(), found.vote().votedFor(), new Claim.Sound());
      vote = new VoteFiles.Found.Known(cured, found.generation() + 1);
      disk.perform(VoteFiles.write(cured, vote.generation()));
    }
    Journal.open(disk, owner, JournalOptions.DEFAULT, scan, new Keep.UpTo(kept), vote);
    AuditFile.append(disk, List.of(Instant.now() + " repair: done"));
    lines.forEach(out::println);
    out.println(
        "segments that hold nothing else were moved to " + directory.log().resolve("quarantine"));
    return Outcome.CLEAN;
  }
}
