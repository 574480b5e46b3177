package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.core.RaftBoot;
import dev.kvorum.raft.stage.BootFromJournal;
import dev.kvorum.simulator.plan.Tuning;
import dev.kvorum.storage.backend.BackendLoader;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.memory.MemoryBackend;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.Journal;
import dev.kvorum.storage.journal.JournalOutcome;
import dev.kvorum.storage.journal.JournalScan;
import dev.kvorum.storage.journal.Keep;
import dev.kvorum.storage.journal.LoneVoter;
import dev.kvorum.storage.journal.Mark;
import dev.kvorum.storage.journal.Owner;
import dev.kvorum.storage.journal.SharedVoter;
import dev.kvorum.storage.journal.StartDecision;
import dev.kvorum.storage.journal.StartScan;
import dev.kvorum.storage.journal.StateFit;
import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskResult;
import dev.kvorum.storage.journal.snapshot.SnapshotDamagedException;
import dev.kvorum.storage.journal.snapshot.SnapshotHeader;
import dev.kvorum.storage.journal.snapshot.Snapshots;
import dev.kvorum.storage.journal.vote.Vote;
import dev.kvorum.storage.journal.vote.VoteFiles;
import dev.kvorum.storage.membership.MemberCodec;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Member;
import dev.kvorum.storage.mvcc.CorruptRecordException;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.storage.state.LoadedState;
import dev.kvorum.storage.state.StateSnapshot;
import dev.kvorum.verticles.stage.MembershipRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Opens a member's files, in the order in which the server does: look at the journal without
 * changing it, open or rebuild the state store, decide what may be missing, open the journal.
 */
final class Boot {
  /** Where the log of every founder begins. */
  static final EntryId BIRTH = RaftBoot.BIRTH;

  private static final long CLUSTER = 0x6b766f72756dL;
  private static final long ALL_BYTES = Long.MAX_VALUE;

  /** A member's files, open and agreeing with each other. */
  record Opened(
      Journal journal,
      MemoryBackend backend,
      LoadedState state,
      Membership membership,
      Snapshots snapshots,
      RaftBoot boot) {}

  private final Disk disk;
  private final Tuning tuning;
  private final long memberId;
  private final Membership founders;

  /**
   * @param founders of the cluster; empty for a member that joins later
   */
  Boot(Disk disk, Tuning tuning, long memberId, Membership founders) {
    this.disk = disk;
    this.tuning = tuning;
    this.memberId = memberId;
    this.founders = founders;
  }

  private boolean joins() {
    return founders.voters().isEmpty();
  }

  /**
   * A member that was added to the list and never started: a learner, whom others announce. It has
   * no part in Raft.
   */
  private static final long RESERVE = 0x7265_7365_7276_65L;

  /** Who is listed when a cluster is founded. */
  static List<Member> listed(Membership founders) {
    var listed = new ArrayList<Member>();
    for (var voter : founders.voters()) {
      listed.add(new Member(voter, "member-" + voter, List.of(), List.of(), false));
    }
    listed.add(new Member(RESERVE, "", List.of(), List.of(), true));
    return listed;
  }

  /** The first start: a directory without an identity. Everything is durable on return. */
  Opened found() throws DiskFaultException, SnapshotDamagedException, RefusedException {
    var owner = new Owner(CLUSTER, memberId);
    var vote = vote(true);
    var scan = JournalScan.read(disk, owner, true);
    refuseContradiction(scan);
    var snapshots = new Snapshots(disk);
    var start = joins() ? EntryId.ORIGIN : BIRTH;
    var backend = new MemoryBackend();
    var loader = new BackendLoader(backend);
    if (!joins()) {
      for (var member : listed(founders)) {
        loader.add(Bucket.MEMBERS, MemberCodec.key(member), MemberCodec.encode(member));
      }
      loader.add(Bucket.CLUSTER, MembershipRecord.KEY, founders.encode());
    }
    loader.add(
        Bucket.META, StoreMeta.KEY, new MvccStore(IndexMemory.onHeap()).meta(start.index(), start.term()).encode());
    loader.finish();
    var journal = Journal.open(disk, owner, tuning.journal(), scan, new Keep.Everything(), vote);
    if (!joins()) {
      StateSnapshot.write(backend, founders.encode(), snapshots);
      journal.mark(new Mark.LogReset(BIRTH));
      journal.mark(new Mark.SnapshotTaken(BIRTH));
      makeDurable(journal, journal.mark(new Mark.StateSynced(BIRTH)));
    }
    return opened(1, scan, journal, backend, snapshots);
  }

  /** Works for the journal until everything up to the ticket is durable. */
  private void makeDurable(Journal journal, long ticket) throws DiskFaultException {
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

  /**
   * Every later start.
   *
   * @param found the state store as it was left
   * @param failedAfterBatch the disk failed in the last life: what was synced by then, 0 if unknown
   */
  Opened reopen(long incarnation, MemoryBackend found, OptionalLong failedAfterBatch)
      throws DiskFaultException, SnapshotDamagedException, RefusedException {
    var owner = new Owner(CLUSTER, memberId);
    var vote = vote(false);
    var start = StartScan.read(disk, owner, failedAfterBatch, _ -> {});
    var scan = start.scan();
    refuseContradiction(scan);
    var snapshots = new Snapshots(disk);
    var backend = state(found, scan, snapshots);
    var state = load(backend);
    var covered = position(state);
    Keep keep;
    if (membership(backend).isLoneVoter(memberId)) {
      keep = decideAlone(scan, covered);
    } else {
      switch (SharedVoter.decide(scan, covered, vote.vote())) {
        case SharedVoter.Decision.Start(var kept, var claimed, _) -> {
          keep = kept;
          vote = claim(vote, claimed);
        }
        case SharedVoter.Decision.Refuse(var message) -> throw new RefusedException(message);
      }
    }
    var journal = Journal.open(start.disk(), owner, tuning.journal(), scan, keep, vote);
    return opened(incarnation, scan, journal, backend, snapshots);
  }

  private Keep decideAlone(JournalScan scan, EntryId covered) throws RefusedException {
    return switch (LoneVoter.decide(scan, covered, "the data directory")) {
      case StartDecision.Start start -> start.keep();
      case StartDecision.Refuse refuse -> throw new RefusedException(refuse.message());
    };
  }

  /** What was lost is claimed, durably, before the damage goes to quarantine. */
  private VoteFiles.Found.Known claim(VoteFiles.Found.Known known, Vote claimed)
      throws DiskFaultException {
    if (claimed.equals(known.vote())) {
      return known;
    }
    var generation = known.generation() + 1;
    disk.perform(VoteFiles.write(claimed, generation));
    return new VoteFiles.Found.Known(claimed, generation);
  }

  private Opened opened(
      long incarnation,
      JournalScan scan,
      Journal journal,
      MemoryBackend backend,
      Snapshots snapshots)
      throws DiskFaultException {
    var state = load(backend);
    var membership = membership(backend);
    var applied = state.meta().appliedIndex();
    var unapplied = new ArrayList<Entry>();
    if (applied < journal.last().index()) {
      unapplied.addAll(
          journal.range(applied + 1, journal.last().index() + 1).read(disk, ALL_BYTES));
    }
    // A sound journal that ends before what it calls committed has lost its end unnoticed (P6).
    var commit = scan.isSound() ? scan.commit() : journal.commit();
    var boot = BootFromJournal.of(incarnation, journal, commit, membership, applied, unapplied);
    return new Opened(journal, backend, state, membership, snapshots, boot);
  }

  private VoteFiles.Found.Known vote(boolean newDirectory)
      throws DiskFaultException, RefusedException {
    return switch (VoteFiles.load(disk, newDirectory)) {
      case VoteFiles.Found.Known known -> known;
      case VoteFiles.Found.Forgotten forgotten -> throw new RefusedException(forgotten.message());
    };
  }

  private static void refuseContradiction(JournalScan scan) throws RefusedException {
    var contradiction = scan.contradiction();
    if (contradiction != null) {
      throw new RefusedException("the journal contradicts itself: " + contradiction);
    }
  }

  // The state store.

  private MemoryBackend state(MemoryBackend found, JournalScan scan, Snapshots snapshots)
      throws DiskFaultException, SnapshotDamagedException, RefusedException {
    try {
      var position = position(load(found));
      if (StateFit.misfit(position, scan) == null) {
        return found;
      }
    } catch (CorruptRecordException _) {
      // Rebuilt below, like one that does not fit.
    }
    var header = fittingSnapshot(scan, snapshots);
    if (header == null) {
      if (joins() && scan.base().index() == 0) {
        var empty = new MemoryBackend();
        var loader = new BackendLoader(empty);
        loader.add(Bucket.META, StoreMeta.KEY, new MvccStore(IndexMemory.onHeap()).meta(0, 0).encode());
        loader.finish();
        return empty;
      }
      throw new RefusedException("the state store does not fit and no whole snapshot does");
    }
    return restore(snapshots, header.position());
  }

  static MemoryBackend restore(Snapshots snapshots, EntryId position)
      throws DiskFaultException, SnapshotDamagedException {
    var backend = new MemoryBackend();
    StateSnapshot.restore(snapshots.open(position), backend);
    return backend;
  }

  /** The newest whole snapshot that goes with the journal. */
  private static @Nullable SnapshotHeader fittingSnapshot(JournalScan scan, Snapshots snapshots)
      throws DiskFaultException {
    for (var position : snapshots.positions()) {
      if (!StateFit.isFit(position, scan)) {
        continue;
      }
      try {
        var reader = snapshots.open(position);
        reader.drain();
        return reader.header();
      } catch (SnapshotDamagedException _) {
        // An older one may be whole.
      }
    }
    return null;
  }

  private static EntryId position(LoadedState state) {
    return new EntryId(state.meta().appliedTerm(), state.meta().appliedIndex());
  }

  static LoadedState load(MemoryBackend backend) {
    return LoadedState.open(backend, IndexMemory.onHeap());
  }

  private Membership membership(MemoryBackend backend) {
    try (var view = backend.openReadView()) {
      return MembershipRecord.read(view, founders);
    }
  }
}
