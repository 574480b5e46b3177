package dev.kvorum.server.boot;

import dev.kvorum.server.config.ConfigException;
import dev.kvorum.storage.backend.BackendFullException;
import dev.kvorum.storage.checkpoint.Checkpoints;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.Journal;
import dev.kvorum.storage.journal.JournalOptions;
import dev.kvorum.storage.journal.JournalOutcome;
import dev.kvorum.storage.journal.JournalScan;
import dev.kvorum.storage.journal.Keep;
import dev.kvorum.storage.journal.LoneVoter;
import dev.kvorum.storage.journal.Mark;
import dev.kvorum.storage.journal.Owner;
import dev.kvorum.storage.journal.StartDecision;
import dev.kvorum.storage.journal.StartScan;
import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFault;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskResult;
import dev.kvorum.storage.journal.identity.DataDirectory;
import dev.kvorum.storage.journal.identity.DirectoryRefusedException;
import dev.kvorum.storage.journal.identity.FailureMark;
import dev.kvorum.storage.journal.identity.Identity;
import dev.kvorum.storage.journal.snapshot.SnapshotDamagedException;
import dev.kvorum.storage.journal.snapshot.Snapshots;
import dev.kvorum.storage.journal.vote.VoteFiles;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the files of a member that is the only voter of its cluster. Everything here blocks.
 *
 * <p>The order of a founding is what makes it safe to cut short: the identity is written last, and
 * a directory without one has never served anybody, so the next start founds anew. The order of a
 * later start: look at the journal without changing it, and read the state store meanwhile; rebuild
 * that if need be; decide whether what is missing was ever promised to anybody, and only then open
 * the journal.
 */
public final class MemberBoot {
  private static final Logger LOGGER = LoggerFactory.getLogger(MemberBoot.class);

  /** Where the log of every founder begins: behind a first entry that nobody wrote. */
  public static final EntryId BIRTH = new EntryId(1, 1);

  private MemberBoot() {}

  /** Founds or opens a member whose disk is waited for, as below. */
  public static OpenedMember open(Path data, @Nullable Path log, Founding.Source founding)
      throws ConfigException,
          DirectoryRefusedException,
          DiskFailedException,
          DiskFaultException,
          SnapshotDamagedException,
          StartRefusedException,
          StayDownException {
    return open(data, log, true, founding, () -> {});
  }

  /**
   * Founds a member in a new directory, or opens the one that lives there. Waits while there is no
   * space for it.
   *
   * @param founding used when the directory is new, ignored when it holds a member
   * @param log the separate place for the log, or null
   * @param syncing false makes every sync do nothing; the directory is marked before anybody is
   *     served, and opens only so from then on (P20)
   * @param meanwhile is run by this thread while it would only wait for the state store; never, or
   *     again for every attempt
   * @throws DiskFailedException if a write or sync failed; a mark of it was left
   * @throws StayDownException if disks failed twice lately
   */
  public static OpenedMember open(
      Path data, @Nullable Path log, boolean syncing, Founding.Source founding, Runnable meanwhile)
      throws ConfigException,
          DirectoryRefusedException,
          DiskFailedException,
          DiskFaultException,
          SnapshotDamagedException,
          StartRefusedException,
          StayDownException {
    var space = new SpaceWait(data, log);
    while (true) {
      try {
        return attempt(data, log, syncing, founding, meanwhile);
      } catch (BackendFullException full) {
        space.await(String.valueOf(full.getMessage()));
      } catch (DiskFaultException fault) {
        if (fault.fault().kind() != DiskFault.Kind.NO_SPACE) {
          throw fault;
        }
        space.await(fault.fault().message());
      }
    }
  }

  private static OpenedMember attempt(
      Path data, @Nullable Path log, boolean syncing, Founding.Source founding, Runnable meanwhile)
      throws ConfigException,
          DirectoryRefusedException,
          DiskFailedException,
          DiskFaultException,
          SnapshotDamagedException,
          StartRefusedException,
          StayDownException {
    var directory = DataDirectory.open(data, log, syncing);
    try {
      var failure = FailureMark.read(directory.roots()).orElse(null);
      if (failure != null) {
        StayDownException.unlessRested(failure, Instant.now());
      }
      for (var unknown : directory.unknownFiles()) {
        LOGGER.atWarn().addKeyValue("path", unknown).log("found a file of unknown purpose");
      }
      var identity = directory.identity();
      return identity == null
          ? found(directory, syncing, founding.get())
          : reopen(directory, syncing ? identity : identity.markUnsafe(), data, failure, meanwhile);
    } catch (DiskFaultException fault) {
      directory.close();
      var kind = fault.fault().kind();
      if (kind == DiskFault.Kind.WRITE || kind == DiskFault.Kind.SYNC) {
        // The cache may show now what the medium has not got; the next start has to know.
        FailureMark.leave(directory.roots(), Instant.now(), 0);
        throw new DiskFailedException(fault);
      }
      throw fault;
    } catch (ConfigException
        | SnapshotDamagedException
        | StartRefusedException
        | StayDownException
        | RuntimeException fault) {
      directory.close();
      throw fault;
    }
  }

  private static OpenedMember found(DataDirectory directory, boolean syncing, Founding founding)
      throws DiskFaultException, SnapshotDamagedException, StartRefusedException {
    var disk = directory.logDisk();
    directory.beginFounding();
    var owner = new Owner(founding.clusterId(), founding.memberId());
    var vote = vote(disk, true);
    var scan = JournalScan.read(disk, owner, true);
    var contradiction = scan.contradiction();
    if (contradiction != null) {
      throw new StartRefusedException("the journal cannot be used: " + contradiction);
    }
    var snapshots = new Snapshots(directory.dataDisk());
    var store = new StateStore(directory, snapshots).found(BIRTH, founding.members(), Bytes.EMPTY);
    var journal = Journal.open(disk, owner, options(disk), scan, new Keep.Everything(), vote);
    journal.mark(new Mark.LogReset(BIRTH));
    journal.mark(new Mark.SnapshotTaken(BIRTH));
    makeDurable(journal, disk, journal.mark(new Mark.StateSynced(BIRTH)));
    var identity =
        new Identity(founding.clusterId(), founding.memberId(), founding.name(), 1, !syncing);
    directory.writeIdentity(identity);
    return new OpenedMember(
        directory,
        identity,
        vote.vote(),
        journal,
        store.backend(),
        store.state(),
        snapshots,
        new Checkpoints(directory.dataDisk(), owner),
        0,
        scan.verdicts());
  }

  private static JournalOptions options(Disk disk) throws DiskFaultException {
    return JournalOptions.DEFAULT.onFileSystemOf(disk.totalBytes());
  }

  private static OpenedMember reopen(
      DataDirectory directory,
      Identity previous,
      Path data,
      @Nullable FailureMark failure,
      Runnable meanwhile)
      throws DiskFaultException, SnapshotDamagedException, StartRefusedException {
    var disk = directory.logDisk();
    var owner = new Owner(previous.clusterId(), previous.memberId());
    var checkpoints = new Checkpoints(directory.dataDisk(), owner);
    var snapshots = new Snapshots(directory.dataDisk());
    var states = new StateStore(directory, snapshots);
    var beganNanos = System.nanoTime();
    // Takes as long as looking at the journal.
    var read = StateRead.begin(states, CheckpointRead.begin(checkpoints));
    StartScan start;
    VoteFiles.Found.Known vote;
    Duration scanTook;
    try {
      start = scan(disk, owner, failure, data);
      vote = vote(start.disk(), false);
      scanTook = Duration.ofNanos(System.nanoTime() - beganNanos);
      meanwhile.run();
    } catch (DiskFaultException | StartRefusedException | RuntimeException fault) {
      read.abandon(fault);
      throw fault;
    }
    var scan = start.scan();
    var found = read.await();
    LOGGER
        .atInfo()
        .addKeyValue("journal-scan", scanTook)
        .addKeyValue("state-read", read.took())
        .log("read what the last life left");
    var store = states.open(scan, found);
    try {
      var keep = decide(scan, store.position(), data);
      BootFindings.audit(disk, scan);
      var journal = Journal.open(start.disk(), owner, options(disk), scan, keep, vote);
      if (start.disk() != disk) {
        start.disk().close();
      }
      var identity = previous.nextIncarnation();
      directory.writeIdentity(identity);
      if (failure != null) {
        failure.settle(directory.roots(), Instant.now());
      }
      return new OpenedMember(
          directory,
          identity,
          vote.vote(),
          journal,
          store.backend(),
          store.state(),
          snapshots,
          checkpoints,
          store.checkpointRevision(),
          scan.verdicts());
    } catch (DiskFaultException | StartRefusedException | RuntimeException fault) {
      store.backend().close();
      throw fault;
    }
  }

  private static StartScan scan(Disk disk, Owner owner, @Nullable FailureMark failure, Path data)
      throws DiskFaultException, StartRefusedException {
    var failedAfterBatch =
        failure == null || failure.settled()
            ? OptionalLong.empty()
            : OptionalLong.of(failure.durableBatch());
    var start = StartScan.read(disk, owner, failedAfterBatch, LOGGER::warn);
    BootFindings.log(start.scan().verdicts());
    var contradiction = start.scan().contradiction();
    if (contradiction != null) {
      throw new StartRefusedException(
          "the journal of %s cannot be what this release wrote: %s; nothing was changed"
              .formatted(data, contradiction));
    }
    return start;
  }

  private static VoteFiles.Found.Known vote(Disk disk, boolean newDirectory)
      throws DiskFaultException, StartRefusedException {
    return switch (VoteFiles.load(disk, newDirectory)) {
      case VoteFiles.Found.Known known -> known;
      case VoteFiles.Found.Forgotten forgotten ->
          throw new StartRefusedException(forgotten.message());
    };
  }

  private static Keep decide(JournalScan scan, EntryId covered, Path data)
      throws StartRefusedException {
    return switch (LoneVoter.decide(scan, covered, data.toString())) {
      case StartDecision.Start start -> {
        for (var note : start.notes()) {
          LOGGER.info(note);
        }
        yield start.keep();
      }
      case StartDecision.Refuse refuse -> throw new StartRefusedException(refuse.message());
    };
  }

  /** Works for the journal on this thread until everything up to the ticket is durable. */
  private static void makeDurable(Journal journal, Disk disk, long ticket)
      throws DiskFaultException {
    while (true) {
      var job =
          InvariantViolation.present(journal.poll(), "a journal with an open ticket has work");
      disk.perform(job.operations());
      for (var outcome : journal.completed(new DiskResult.Done())) {
        if (outcome instanceof JournalOutcome.Durable durable && durable.ticket() >= ticket) {
          return;
        }
      }
    }
  }
}
