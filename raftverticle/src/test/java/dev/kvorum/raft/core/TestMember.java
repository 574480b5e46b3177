package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * One member: the machine under test with a disk and a state machine around it. Whoever drives it
 * decides when the disk completes, when entries are applied and where messages go.
 *
 * <p>Every message is checked against the disk at the moment it is let out: it must not say more
 * than is durable.
 */
final class TestMember {
  final long id;
  final TestDisk disk;
  RaftConfig config;
  RaftCore core;
  long incarnation;
  boolean up = true;

  /** The commit index when somebody looked last. */
  long seenCommit;

  /** The term that the member led when somebody looked last. */
  long seenLeading;

  /** Whether a finding says that this life of the member must end. */
  boolean spent;

  /** Whether its state machine tells a wrong hash; a new start rebuilds it. */
  boolean wrong;

  /** Every state since the disk's base, oldest first. */
  final List<StoreState> states = new ArrayList<>();

  /** Handed out, not yet applied. */
  final ArrayDeque<Entry> toApply = new ArrayDeque<>();

  final ArrayDeque<EntryRead> reads = new ArrayDeque<>();

  /** What the last step asked for, for the driver to take away. */
  final List<Message> outbox = new ArrayList<>();

  final List<SnapshotRequest> snapshotRequests = new ArrayList<>();
  final List<ReadReady> readReady = new ArrayList<>();

  @SuppressWarnings("NullAway.Init")
  TestMember(RaftConfig config, RaftBoot boot) {
    id = config.memberId();
    this.config = config;
    var base = new StoreState(boot.log().base(), 0, boot.membership());
    disk = new TestDisk(boot.hardState(), base);
    disk.claim = boot.claim();
    disk.log.addAll(boot.log().tail());
    states.add(base);
    incarnation = boot.incarnation() - 1;
  }

  /** Starts, from what is durable and a state of the state machine not older than the base. */
  Outcome start(StoreState from, int tailEntries, ClaimFound found) {
    incarnation++;
    up = true;
    wrong = false;
    seenCommit = 0;
    seenLeading = 0;
    spent = false;
    var whole = DurableLog.of(disk.base.position(), disk.log);
    var tail = disk.log.subList(Math.max(0, disk.log.size() - tailEntries), disk.log.size());
    var log =
        new DurableLog(
            whole.base(),
            whole.lastIndex(),
            whole.termStarts(),
            whole.membershipIndexes(),
            List.copyOf(tail));
    while (!states.isEmpty() && states.getLast().position().index() > from.position().index()) {
      states.removeLast();
    }
    core =
        new RaftCore(
            config,
            new RaftBoot(
                incarnation,
                disk.hardState,
                log,
                from.membership(),
                from.position().index(),
                disk.claim.and(found.claim())));
    return perform(core.start());
  }

  /** What the journal found out at boot. */
  record ClaimFound(Claim claim) {
    static final ClaimFound NONE = new ClaimFound(new Claim.Sound());
  }

  /** Starts with everything that is durable. */
  Outcome start() {
    return start(states.getLast(), Integer.MAX_VALUE, ClaimFound.NONE);
  }

  Outcome step(RaftEvent event) {
    var outcome = core.step(event);
    core.invariant();
    return perform(outcome);
  }

  private Outcome perform(Outcome outcome) {
    var persist = outcome.persist();
    for (var message : outcome.messages()) {
      checkDurable(message);
    }
    outbox.addAll(outcome.messages());
    if (persist != null) {
      disk.pending.addLast(persist);
    }
    toApply.addAll(outcome.committed());
    for (var entry : outcome.committed()) {
      if (entry.index() > disk.base.position().index()
          && (entry.index() > disk.lastIndex() || !disk.get(entry.index()).equals(entry))) {
        throw new AssertionError("handed out before it is durable: " + entry);
      }
    }
    reads.addAll(outcome.entryReads());
    snapshotRequests.addAll(outcome.snapshotRequests());
    readReady.addAll(outcome.reads());
    return outcome;
  }

  /** A message's promise must already be on this member's disk. */
  private void checkDurable(Message message) {
    var isBeforehand =
        (message instanceof Message.VoteRequest request && request.preVote())
            || (message instanceof Message.VoteResponse response
                && response.preVote()
                && response.granted())
            || (message instanceof Message.TailInquiry inquiry && inquiry.beforehand())
            || (message instanceof Message.TailReport report && report.beforehand());
    var entered = isBeforehand ? message.term() - 1 : message.term();
    var forgetful = disk.hardState.term() < message.term() && !isBeforehand;
    if (forgetful || (isBeforehand && disk.hardState.term() > entered + 1)) {
      // The term at boot may come from the log alone.
      if (disk.log.isEmpty() || disk.log.getLast().term() < message.term()) {
        throw new AssertionError("says more than the disk knows: " + message);
      }
    }
    switch (message) {
      case Message.VoteResponse vote -> {
        if (vote.granted()
            && !vote.preVote()
            && (disk.hardState.term() != vote.term() || disk.hardState.vote() != vote.to())) {
          throw new AssertionError("vote not durable: " + vote);
        }
      }
      case Message.AppendResponse ack -> {
        if (!ack.rejected() && ack.index() > disk.lastIndex()) {
          throw new AssertionError(
              "acknowledged up to " + ack.index() + ", durable is " + disk.lastIndex());
        }
      }
      case Message.TailReport report -> {
        var last = disk.log.isEmpty() ? disk.base.position() : EntryId.of(disk.log.getLast());
        if (report.last().compareTo(last) > 0) {
          throw new AssertionError("reported " + report.last() + ", durable is " + last);
        }
      }
      default -> {}
    }
  }

  /** The disk completes its oldest write. */
  Outcome persistOne() {
    var snapshot = disk.pending.getFirst().snapshot();
    var completed = disk.completeOne();
    if (snapshot != null) {
      // The state machine is switched before the completion is told.
      states.clear();
      states.add(disk.base);
      toApply.clear();
      disk.received.clear();
    }
    return step(completed);
  }

  /** The state machine executes its next entry. */
  Outcome applyOne() {
    var entry = toApply.removeFirst();
    var before = states.getLast();
    var after = before.apply(entry);
    states.add(after);
    if (entry.type() == Entry.Type.MEMBERSHIP) {
      var change = MembershipChange.decode(entry.payload());
      var outcome =
          step(
              new RaftEvent.MembershipApplied(
                  entry.index(),
                  before.membership().apply(change) instanceof Membership.Result.Changed
                      ? change
                      : null));
      toApplyCheck(outcome);
    }
    return step(new RaftEvent.Applied(entry.index()));
  }

  private void toApplyCheck(Outcome outcome) {
    // While a snapshot is being installed the machine is already where the snapshot ends.
    var overtaken = core.logBase().index() >= states.getLast().position().index();
    if (!overtaken && !core.membership().equals(states.getLast().membership())) {
      throw new AssertionError(
          "machine and state machine disagree who takes part: " + core + outcome.trace());
    }
  }

  StoreState state() {
    return states.getLast();
  }

  /** The journal answers its oldest read. */
  Outcome readOne() {
    var read = reads.removeFirst();
    return step(new RaftEvent.EntriesRead(read.reader(), read.from(), disk.read(read)));
  }

  /** All of a snapshot has arrived. */
  Outcome receiveSnapshot(long from, long term, StoreState snapshot) {
    disk.received.add(snapshot);
    return step(
        new RaftEvent.Receive(
            new Message.InstallSnapshot(
                from, id, term, snapshot.position(), snapshot.membership())));
  }

  /** Releases the log up to a state that the state machine has had. */
  void compact(StoreState state) {
    if (state.position().index() > disk.base.position().index()) {
      disk.compact(state);
      states.removeIf(old -> old.position().index() < state.position().index());
      step(new RaftEvent.CompactLog(state.position().index()));
    }
  }

  /** Loses power. */
  void crash(int wholeWrites, int entriesOfNext) {
    disk.crash(wholeWrites, entriesOfNext);
    up = false;
    toApply.clear();
    reads.clear();
    outbox.clear();
    snapshotRequests.clear();
    readReady.clear();
    if (!states.contains(disk.base)) {
      states.clear();
      states.add(disk.base);
    }
  }

  @Override
  public String toString() {
    return (up ? "" : "down ") + core;
  }
}
