package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What all parts of the machine look at. Each part changes what its decision is about: {@link
 * Election} role, term, vote and leader; {@link Replication} and {@link Following} the log; {@link
 * Reconfiguration} the configuration.
 */
final class RaftState {
  final RaftConfig config;

  /** This member. */
  final long self;

  final long incarnation;
  final RaftLog log;
  final Peers peers;
  final Persistence persistence = new Persistence();
  final Outcome outcome = new Outcome();

  private long term;
  private long vote;
  private long leader;
  private Role role = Role.FOLLOWER;
  private Claim claim;

  /** Who was seen to lead in this term, even if forgotten since: there is never a second one. */
  private long leaderOfTerm;

  /** Whether this member must start again before it may lead (rules P10 and P14). */
  private boolean unfit;

  /** What was reported last, so that nothing is reported again and again. */
  private @Nullable Finding found;

  private boolean hardStateChanged;
  private boolean claimChanged;

  /** A snapshot that this step accepted. */
  private @Nullable SnapshotInstall install;

  private record Unsent(Message message, boolean afterLog) {}

  /** What this step says; where it goes is decided when the step is over. */
  private final List<Unsent> unsent = new ArrayList<>();

  RaftState(RaftConfig config, RaftBoot boot) {
    this.config = config;
    self = config.memberId();
    incarnation = boot.incarnation();
    var durable = boot.log();
    var hint =
        Math.max(
            Math.max(boot.hardState().commit(), boot.applied()),
            committedByMembership(durable.membershipIndexes()));
    claim = boot.claim();
    term = Math.max(boot.hardState().term(), durable.lastTerm());
    vote = voteAtBoot(boot.hardState());
    if (hint > durable.lastIndex()) {
      // Rule P6: committed entries were here once and are gone. Their terms are not known; this
      // member's own term is the highest that they can have.
      hint = durable.lastIndex();
      claim(
          claim.and(new Claim.Reached(new EntryId(term, boot.hardState().commit()))),
          "the commit position lies above the log");
    }
    log = new RaftLog(durable, hint, boot.applied());
    peers = new Peers(config, boot.membership());
  }

  /** The vote of the term in which this life begins; one of an earlier term is none. */
  private long voteAtBoot(HardState durable) {
    return term == durable.term() ? durable.vote() : 0;
  }

  /**
   * A leader appends a membership entry only when the one before is applied. So all of them but the
   * last are committed, whatever became of the commit position that was written down. A member that
   * did not know that could campaign with a configuration two steps behind the one in force, and
   * win by a majority that has no member in common with the one that committed what it lacks.
   */
  private static long committedByMembership(List<Long> indexes) {
    return indexes.size() < 2 ? 0 : indexes.get(indexes.size() - 2);
  }

  long term() {
    return term;
  }

  long vote() {
    return vote;
  }

  /** The leader of this term as far as known, or 0. */
  long leader() {
    return leader;
  }

  Role role() {
    return role;
  }

  boolean isLeader() {
    return role == Role.LEADER;
  }

  Claim claim() {
    return claim;
  }

  /** Enters a later term, in which this member has not voted yet. */
  void enterTerm(long newTerm) {
    InvariantViolation.check(newTerm > term, "the term never falls");
    term = newTerm;
    vote = 0;
    leaderOfTerm = 0;
    hardStateChanged = true;
  }

  /** Votes in this term, once. */
  void voteFor(long candidate) {
    if (vote == candidate) {
      return;
    }
    InvariantViolation.check(vote == 0, "a member votes once in a term");
    vote = candidate;
    hardStateChanged = true;
  }

  /** Takes a role under a leader, who may be nobody (0). */
  void stand(Role newRole, long newLeader) {
    if (newLeader != 0) {
      InvariantViolation.check(
          leaderOfTerm == 0 || leaderOfTerm == newLeader, "a term has one leader");
      leaderOfTerm = newLeader;
    }
    if (role != newRole || leader != newLeader) {
      role = newRole;
      leader = newLeader;
      trace(new TraceRecord.RoleChanged(role, term, leader));
    }
  }

  /** What is known about lost entries changed. */
  void claim(Claim newClaim, String reason) {
    if (!newClaim.equals(claim)) {
      claim = newClaim;
      claimChanged = true;
      trace(new TraceRecord.ClaimChanged(newClaim, reason));
    }
  }

  /** Whether this member must start again before it may lead. */
  boolean isUnfit() {
    return unfit;
  }

  /** Something is wrong with this member that only a new start puts right. */
  void unfit(Finding reason) {
    unfit = true;
    find(reason);
  }

  /** Reports what only a person or the shell can put right. */
  void find(Finding finding) {
    if (!finding.equals(found)) {
      found = finding;
      outcome.findings.add(finding);
    }
  }

  /** Sends what needs no more than this term and vote to be durable. */
  void send(Message message) {
    unsent.add(new Unsent(message, false));
  }

  /** Sends what also needs all entries of the log to be durable. */
  void sendAfterLog(Message message) {
    unsent.add(new Unsent(message, true));
  }

  /** The snapshot takes the place of state machine and log. */
  void install(SnapshotInstall snapshot) {
    install = snapshot;
    log.beginInstall(snapshot.position());
    peers.configure(snapshot.membership(), log.last());
  }

  void trace(TraceRecord happening) {
    outcome.trace.add(happening);
  }

  /** Ends a step: what it changed goes to the disk, what may be said is said. */
  void flush() {
    if (hardStateChanged || claimChanged || install != null || log.hasUnpersisted()) {
      var entries = log.takeUnpersisted();
      var last =
          !entries.isEmpty()
              ? EntryId.of(entries.getLast())
              : install != null ? install.position() : EntryId.ORIGIN;
      var persist =
          new Persist(
              persistence.nextSequence(),
              hardStateChanged ? new HardState(term, vote, log.commit()) : null,
              claimChanged ? claim : null,
              install,
              entries,
              last,
              log.commit());
      hardStateChanged = false;
      claimChanged = false;
      install = null;
      persistence.made(persist);
      outcome.persist = persist;
    }
    if (!unsent.isEmpty()) {
      for (var each : unsent) {
        persistence.send(each.message, each.afterLog, outcome.messages);
      }
      unsent.clear();
    }
  }
}
