package dev.kvorum.raft.stage;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.core.MembershipChange;
import dev.kvorum.raft.core.Message;
import dev.kvorum.raft.core.Outcome;
import dev.kvorum.raft.core.ProposalResult;
import dev.kvorum.raft.core.RaftCore;
import dev.kvorum.raft.core.RaftEvent;
import dev.kvorum.raft.core.Role;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.Journal;
import dev.kvorum.storage.journal.JournalOutcome;
import dev.kvorum.storage.journal.Mark;
import dev.kvorum.storage.journal.vote.Vote;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Joins the Raft core with the journal.
 *
 * <p>The rules that live here: what the core wants durable goes to the vote files and the journal
 * and is reported back only when it is; and a membership entry is settled before its index counts
 * as applied. What the journal may give up is decided in {@link JournalRelease}.
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

  /**
   * @param vote the term, vote and claim that the core was born with
   */
  public RaftStage(
      long memberId, RaftCore core, Journal journal, Vote vote, Retention retention) {
    this.memberId = memberId;
    this.core = core;
    this.journal = journal;
    appliedIndex = core.appliedIndex();
    persists = new PersistQueue(journal, vote);
    release =
        new JournalRelease(journal, retention.snapshotAfterBytes(), this::servedFollowersFrom);
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
    return drain();
  }

  /** What one front end collected in one turn; all of it enters the log, or none. */
  public List<RaftEffect> propose(int loop, long firstRequestId, List<Bytes> envelopes) {
    var outcome = core.step(new RaftEvent.Propose(envelopes));
    if (outcome.proposal() instanceof ProposalResult.Rejected rejected) {
      effects.add(
          new RaftEffect.Refuse(
              loop, firstRequestId, envelopes.size(), failure(rejected.reason())));
    }
    handle(outcome);
    return drain();
  }

  /** A peer's message has arrived. */
  public List<RaftEffect> receive(Message message) {
    step(new RaftEvent.Receive(message));
    return drain();
  }

  /** What was sent to the peer lately is probably lost: its connection has ended. */
  public List<RaftEffect> unreachable(long peer) {
    step(new RaftEvent.Unreachable(peer));
    return drain();
  }

  /**
   * The stream that {@link RaftEffect.SendSnapshot} asked for has ended.
   *
   * @param index where the snapshot ends
   * @param delivered whether the peer has all of it
   */
  public List<RaftEffect> snapshotReported(long peer, long index, boolean delivered) {
    step(new RaftEvent.SnapshotReported(peer, index, delivered));
    return drain();
  }

  /**
   * The state store is what {@link RaftEffect.InstallSnapshot} asked for, synced. What the store
   * executes from now on is told by {@link #applied} again.
   */
  public List<RaftEffect> snapshotInstalled(EntryId position) {
    membershipEntries.removeIf(entry -> entry.index() <= position.index());
    appliedIndex = position.index();
    shortenedAt = position.index();
    if (position.term() > termStart.term()) {
      termStart = position;
    }
    journal.mark(new Mark.StateSynced(position));
    release.installed(position);
    persists.installed();
    reportPersisted();
    return drain();
  }

  /** Somebody wants to change who takes part; the answer says whether it is in the log. */
  public Changed changeMembership(MembershipChange change) {
    var outcome = core.step(new RaftEvent.ChangeMembership(change));
    var result = InvariantViolation.present(outcome.proposal(), "a proposal has a result");
    handle(outcome);
    return new Changed(result, drain());
  }

  /** What became of a membership change, and what follows. */
  public record Changed(ProposalResult result, List<RaftEffect> effects) {}

  /** Somebody wants that member to lead. */
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
    appliedIndex = index;
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

  /** Entries up to here no follower is sent any more; a lone voter has none to send to. */
  private long servedFollowersFrom() {
    var membership = core.membership();
    var alone = membership.equals(Membership.ofVoters(List.of(memberId)));
    return alone ? Long.MAX_VALUE : core.logBase().index();
  }

  /** The state store on disk holds everything up to this index, synced (P12, P13). */
  public List<RaftEffect> stateSynced(long index) {
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
        persists.voteDurable(vote.vote());
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

  private void reportPersisted() {
    persists.drain(
        snapshot -> effects.add(new RaftEffect.InstallSnapshot(snapshot.position())),
        (sequence, last) -> step(new RaftEvent.Persisted(sequence, last)));
  }

  private void step(RaftEvent event) {
    handle(core.step(event));
  }

  private void handle(Outcome outcome) {
    var persist = outcome.persist();
    if (persist != null) {
      persists.add(persist);
    }
    outcome.messages().forEach(message -> effects.add(new RaftEffect.Send(message)));
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
    outcome
        .snapshotRequests()
        .forEach(request -> effects.add(new RaftEffect.SendSnapshot(request)));
    outcome.trace().forEach(record -> effects.add(new RaftEffect.Trace(record)));
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
    effects.add(new RaftEffect.Commit(List.copyOf(entries)));
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
    var membership = core.membership();
    var leading = core.role() == Role.LEADER;
    var alone = !membership.isJoint() && membership.voters().equals(List.of(memberId));
    // Before the first entry of its term is applied, a leader may not have applied what an earlier
    // leader, or this member in an earlier life, has acknowledged.
    var current = termStart.term() == core.term() && appliedIndex >= termStart.index();
    return new RaftStatus(
        memberId,
        core.term(),
        core.leader(),
        core.commitIndex(),
        membership.isLearner(memberId),
        leading && alone && current);
  }

  private List<RaftEffect> drain() {
    var status = newStatus();
    if (!status.equals(lastStatus)) {
      lastStatus = status;
      effects.add(new RaftEffect.Publish(status));
    }
    var done = effects;
    effects = new ArrayList<>();
    return done;
  }
}
