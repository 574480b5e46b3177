package dev.kvorum.raft.stage;

import dev.kvorum.raft.core.MembershipChange;
import dev.kvorum.raft.core.Message;
import dev.kvorum.raft.core.Outcome;
import dev.kvorum.raft.core.ProposalResult;
import dev.kvorum.raft.core.RaftCore;
import dev.kvorum.raft.core.RaftEvent;
import dev.kvorum.raft.core.Role;
import dev.kvorum.raft.core.SnapshotInstall;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.Journal;
import dev.kvorum.storage.journal.JournalOutcome;
import dev.kvorum.storage.journal.Mark;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.StateHash;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Joins the Raft core with the journal.
 *
 * <p>The rules that live here: what the core wants durable goes to the vote files and the journal
 * and is reported back only when it is ({@link PersistQueue}); a membership entry is settled before
 * its index counts as applied; and nothing behind a received snapshot is applied before the store
 * holds that snapshot. What the journal may give up is decided in {@link JournalRelease}.
 *
 * <p>After a call the caller performs the effects in their order and lets the journal's driver send
 * the next disk job.
 */
public final class RaftStage {
  /** Who waits for a read round. */
  private record Reader(int loop, long round) {}

  private final RaftCore core;
  private final Journal journal;
  private final PersistQueue persists;
  private final Persisted persisted = new Persisted();
  private final EventRing events = new EventRing();
  private final JournalRelease release;
  private final ArrayDeque<Entry> membershipEntries = new ArrayDeque<>();
  private final Map<Long, Reader> readers = new HashMap<>();
  private final long memberId;
  private final Retention retention;
  private long nextReadToken;
  private long appliedIndex;

  /** What was applied when the log was shortened last. */
  private long shortenedAt;

  /** The first entry of the present term that was committed here, 0 before there is one. */
  private EntryId termStart = EntryId.ORIGIN;

  private RaftStatus lastStatus;
  private List<RaftEffect> effects = new ArrayList<>();

  public RaftStage(long memberId, RaftCore core, Journal journal, Retention retention) {
    this.memberId = memberId;
    this.core = core;
    this.journal = journal;
    appliedIndex = core.appliedIndex();
    persists = new PersistQueue(journal);
    release =
        new JournalRelease(journal, retention.snapshotAfterBytes(), this::followersServedFrom);
    this.retention = retention;
    shortenedAt = core.appliedIndex();
    lastStatus = newStatus();
  }

  /** What others may know of this member now. */
  public RaftStatus status() {
    return lastStatus;
  }

  /** The first step of this life: what the core wants done at birth. */
  public List<RaftEffect> start() {
    handle(core.start());
    return drain();
  }

  /** Time has passed. At most one tick a wake-up, however late it is. */
  public List<RaftEffect> tick() {
    step(new RaftEvent.Tick());
    release.tick(effects);
    return drain();
  }

  /** What one front end collected in one turn; all of it enters the log, or none. */
  public List<RaftEffect> propose(int loop, long firstRequestId, List<Bytes> envelopes) {
    var outcome = take(new RaftEvent.Propose(envelopes));
    if (outcome.proposal() instanceof ProposalResult.Rejected rejected) {
      effects.add(
          new RaftEffect.Refuse(
              loop, firstRequestId, envelopes.size(), failure(rejected.reason())));
    }
    handle(outcome);
    return drain();
  }

  /** Somebody wants to change who takes part; refused like any proposal. */
  public List<RaftEffect> changeMembership(int loop, long requestId, MembershipChange change) {
    var outcome = take(new RaftEvent.ChangeMembership(change));
    if (outcome.proposal() instanceof ProposalResult.Rejected rejected) {
      effects.add(new RaftEffect.Refuse(loop, requestId, 1, failure(rejected.reason())));
    }
    handle(outcome);
    return drain();
  }

  /**
   * A peer's message has arrived. A snapshot is handed in when its file is whole, verified, synced
   * and in its place.
   */
  public List<RaftEffect> receive(Message message) {
    step(new RaftEvent.Receive(message));
    return drain();
  }

  /** The connection to the peer broke, or cannot be made. */
  public List<RaftEffect> unreachable(long peer) {
    step(new RaftEvent.Unreachable(peer));
    return drain();
  }

  /** The end, good or bad, of a stream that {@link RaftEffect.SendSnapshot} asked for. */
  public List<RaftEffect> snapshotSent(long peer, long index, boolean delivered) {
    step(new RaftEvent.SnapshotReported(peer, index, delivered));
    return drain();
  }

  /** The store holds what {@link RaftEffect.InstallSnapshot} named. */
  public List<RaftEffect> snapshotInstalled(EntryId position) {
    appliedIndex = Math.max(appliedIndex, position.index());
    shortenedAt = appliedIndex;
    persists.installed(position);
    reportPersisted();
    effects.add(new RaftEffect.DropSnapshotsBelow(position));
    return drain();
  }

  /** Somebody wants another member to lead. */
  public List<RaftEffect> transferLeadership(long target) {
    step(new RaftEvent.TransferLeadership(target));
    return drain();
  }

  /** A front end wants to read what was committed before now. */
  public List<RaftEffect> read(int loop, long round) {
    var token = nextReadToken++;
    readers.put(token, new Reader(loop, round));
    step(new RaftEvent.ReadRequest(token));
    return drain();
  }

  /** The store has executed everything up to this index. */
  public List<RaftEffect> applied(long index) {
    while (!membershipEntries.isEmpty() && membershipEntries.getFirst().index() <= index) {
      var entry = membershipEntries.removeFirst();
      var change = MembershipChange.decode(entry.payload());
      step(new RaftEvent.MembershipApplied(entry.index(), change));
    }
    appliedIndex = Math.max(appliedIndex, index);
    step(new RaftEvent.Applied(index));
    shortenLog();
    return drain();
  }

  /**
   * Decides how far back a follower is still served from the log (contract S30.3). The journal on
   * disk is another matter, see {@link JournalRelease}.
   */
  private void shortenLog() {
    if (appliedIndex - shortenedAt >= retention.snapshotCount()) {
      shortenedAt = appliedIndex;
      var keptFrom = appliedIndex - retention.catchUpEntries();
      if (keptFrom > core.logBase().index()) {
        step(new RaftEvent.CompactLog(keptFrom));
      }
    }
  }

  /** The entries up to here go to no follower any more; a lone voter has none. */
  private long followersServedFrom() {
    var membership = core.membership();
    return membership.isLoneVoter(memberId) && membership.learners().isEmpty()
        ? Long.MAX_VALUE
        : core.logBase().index();
  }

  /** The store's hash where it stands: at every 4,096th index, and each second while idle (P14). */
  public List<RaftEffect> stateHashed(StateHash hash) {
    step(new RaftEvent.StateHashed(hash));
    return drain();
  }

  /** What came in last, for whoever looks into a violated invariant. */
  public EventRing events() {
    return events;
  }

  /** How long the oldest write has been at the disk, in ticks, for the metrics (P18). */
  public long diskAgeTicks() {
    return core.diskAgeTicks();
  }

  /** The state store on disk holds everything up to this index, synced (P12, P13). */
  public List<RaftEffect> stateSynced(long index) {
    // A snapshot may have replaced the log, and the store, since the sync began.
    if (index >= journal.base().index()) {
      journal.mark(new Mark.StateSynced(new EntryId(journal.termAt(index), index)));
    }
    return drain();
  }

  /**
   * The snapshot that {@link RaftEffect.TakeSnapshot} asked for is in place and was read back.
   *
   * @param liveBytes what the store holds, against which the journal's growth is measured
   */
  public List<RaftEffect> snapshotTaken(EntryId position, long liveBytes) {
    release.snapshotTaken(position, liveBytes);
    return drain();
  }

  /** The newest snapshot is much larger than the data; one that takes its place is due. */
  public List<RaftEffect> dataShrank() {
    release.dataShrank(effects);
    return drain();
  }

  /** The snapshot could not be written; another is asked for when the journal has grown on. */
  public List<RaftEffect> snapshotFailed() {
    release.snapshotFailed();
    return drain();
  }

  /** What a disk job of the journal did. */
  public List<RaftEffect> journal(JournalOutcome outcome) {
    switch (outcome) {
      case JournalOutcome.Durable durable -> {
        persists.durable(durable.ticket());
        release.durable(durable.ticket(), effects);
        if (journal.base().index() > core.logBase().index()) {
          step(new RaftEvent.CompactLog(journal.base().index()));
        }
        reportPersisted();
      }
      case JournalOutcome.VoteDurable vote -> {
        persists.voteDurable(vote.number());
        reportPersisted();
      }
      case JournalOutcome.SpaceLow low -> effects.add(new RaftEffect.DiskLow(low.fault()));
      case JournalOutcome.SpaceMissing missing ->
          effects.add(new RaftEffect.DiskFull(missing.fault()));
      case JournalOutcome.SpaceFound _ -> effects.add(new RaftEffect.DiskHasSpace());
      case JournalOutcome.Failed failed -> effects.add(new RaftEffect.Halt(failed.fault()));
    }
    return drain();
  }

  /** The turn after {@link RaftEffect.DiskFull}. */
  public void retrySpace() {
    journal.retrySpace();
  }

  /** The entries that {@link RaftEffect.ReadEntries} asked for. */
  public List<RaftEffect> entriesRead(long reader, long from, List<Entry> entries) {
    step(new RaftEvent.EntriesRead(reader, from, entries));
    return drain();
  }

  /**
   * What {@link RaftEffect.ReadEntries} asked for cannot be read. The answer is a finding, after
   * which this life of the member ends (P10).
   */
  public List<RaftEffect> entriesUnreadable(long from) {
    step(new RaftEvent.JournalUnreadable(from));
    return drain();
  }

  private void reportPersisted() {
    persists.drain(persisted);
  }

  /** What the queue of persists reports. */
  private final class Persisted implements PersistQueue.Listener {
    @Override
    public void persisted(long sequence, EntryId last) {
      step(new RaftEvent.Persisted(sequence, last));
    }

    @Override
    public void install(SnapshotInstall snapshot) {
      // Whatever was handed out before is behind the snapshot, or belongs to another log.
      membershipEntries.clear();
      effects.add(new RaftEffect.InstallSnapshot(snapshot));
    }
  }

  private void step(RaftEvent event) {
    handle(take(event));
  }

  private Outcome take(RaftEvent event) {
    forgetReleased();
    events.record(event);
    return core.step(event);
  }

  /**
   * What the journal has given up, the core must not count on: a follower that needs it gets a
   * snapshot.
   */
  private void forgetReleased() {
    var released = Math.min(journal.firstIndex() - 1, core.appliedIndex());
    if (released > core.logBase().index()) {
      handle(core.step(new RaftEvent.CompactLog(released)));
    }
  }

  private void handle(Outcome outcome) {
    var persist = outcome.persist();
    if (persist != null) {
      persists.add(persist);
    }
    for (var message : outcome.messages()) {
      effects.add(new RaftEffect.Send(message));
    }
    if (!outcome.committed().isEmpty()) {
      commit(outcome.committed());
    }
    for (var ready : outcome.reads()) {
      var reader = readers.remove(ready.token());
      if (reader != null) {
        effects.add(new RaftEffect.ConfirmRead(reader.loop, reader.round, ready.index()));
      }
    }
    for (var wanted : outcome.entryReads()) {
      var range = journal.range(wanted.from(), wanted.to() + 1);
      effects.add(
          new RaftEffect.ReadEntries(wanted.reader(), wanted.from(), range, wanted.maxBytes()));
    }
    for (var request : outcome.snapshotRequests()) {
      effects.add(new RaftEffect.SendSnapshot(request));
    }
    for (var finding : outcome.findings()) {
      effects.add(new RaftEffect.Found(finding));
    }
    for (var happening : outcome.trace()) {
      effects.add(new RaftEffect.Trace(happening));
    }
  }

  private void commit(List<Entry> entries) {
    for (var entry : entries) {
      if (entry.type() == Entry.Type.MEMBERSHIP) {
        membershipEntries.addLast(entry);
      }
      if (entry.term() > termStart.term()) {
        termStart = new EntryId(entry.term(), entry.index());
      }
    }
    effects.add(new RaftEffect.Commit(entries));
  }

  private static Failure failure(ProposalResult.Reason reason) {
    return switch (reason) {
      case NO_LEADER -> Failure.NO_LEADER;
      case NOT_LEADER, TRANSFERRING, REMOVED -> Failure.NOT_LEADER;
      case TOO_MANY_UNCOMMITTED_BYTES -> Failure.TOO_MANY_REQUESTS;
      case MEMBERSHIP_CHANGE_PENDING, MEMBERSHIP_CHANGE_INVALID -> Failure.NOT_LEADER;
    };
  }

  private RaftStatus newStatus() {
    return new RaftStatus(
        memberId,
        core.term(),
        core.leader(),
        core.commitIndex(),
        core.membership().isLearner(memberId),
        readsNeedNoRound());
  }

  /** Whether {@link #newStatus} would differ from what was published; most steps change nothing. */
  private boolean statusChanged() {
    return lastStatus.committed() != core.commitIndex()
        || lastStatus.term() != core.term()
        || lastStatus.leader() != core.leader()
        || lastStatus.readsNeedNoRound() != readsNeedNoRound()
        || lastStatus.learner() != core.membership().isLearner(memberId);
  }

  /**
   * Before the first entry of its term is applied, a leader may not have applied what an earlier
   * leader, or this member in an earlier life, has acknowledged.
   */
  private boolean readsNeedNoRound() {
    return core.role() == Role.LEADER
        && core.membership().isLoneVoter(memberId)
        && termStart.term() == core.term()
        && appliedIndex >= termStart.index();
  }

  private List<RaftEffect> drain() {
    if (statusChanged()) {
      lastStatus = newStatus();
      effects.add(new RaftEffect.Publish(lastStatus));
    }
    if (effects.isEmpty()) {
      return List.of();
    }
    var done = effects;
    effects = new ArrayList<>();
    return done;
  }
}
