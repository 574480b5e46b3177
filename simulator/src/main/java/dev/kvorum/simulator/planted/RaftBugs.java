package dev.kvorum.simulator.planted;

import static dev.kvorum.simulator.planted.Bug.Kind.RAFT;

import dev.kvorum.simulator.planted.Substitution.Answers;
import dev.kvorum.simulator.planted.Substitution.Calls;
import dev.kvorum.simulator.planted.Substitution.Forgets;
import dev.kvorum.simulator.planted.Substitution.Instead;
import dev.kvorum.simulator.planted.Substitution.Reads;
import java.util.List;

/** The mistakes in consensus that the catalogue names, and some of their kin. */
final class RaftBugs {
  private static final String RAFT_CORE = "raft.core.RaftCore";
  private static final String STATE = "raft.core.RaftState";
  private static final String ELECTION = "raft.core.Election";
  private static final String REPLICATION = "raft.core.Replication";
  private static final String FOLLOWING = "raft.core.Following";
  private static final String PERSISTENCE = "raft.core.Persistence";
  private static final String PERSIST_QUEUE = "raft.stage.PersistQueue";
  private static final String LOG = "raft.core.RaftLog";
  private static final String PEERS = "raft.core.Peers";
  private static final String INFLIGHTS = "raft.core.Inflights";
  private static final String ENTRY_ID = "storage.journal.EntryId";
  private static final String MATH = "java.lang.Math";

  private RaftBugs() {}

  static List<Bug> all() {
    return List.of(
        bug(
            "vote-forgotten-by-restart",
            "double vote after restart",
            "A member does not look into its vote file and votes again in the same term.",
            new Answers(STATE, "voteAtBoot", 0),
            "one leader per term"),
        bug(
            "vote-answered-before-persist",
            "vote answered before persist",
            "A vote is sent while it is still on the way to the disk; a crash then takes it back.",
            new Reads(PERSISTENCE, "barrier", "lastWithState", 2, 2, 0),
            "one leader per term"),
        bug(
            "vote-reported-before-its-file",
            "vote answered before persist",
            "The stage reports a vote as durable when the journal is, not the vote files.",
            new Reads(PERSIST_QUEUE, "drain", "voteNumber", 0),
            "one leader per term"),
        bug(
            "append-acknowledged-before-sync",
            "append acked before sync",
            "A follower acknowledges entries that its disk still writes.",
            new Reads(PERSISTENCE, "barrier", "lastWithLog", 0),
            "committed is durable on a quorum"),
        bug(
            "persist-reported-before-sync",
            "append acked before sync",
            "The stage reports entries as durable as soon as they are handed to the journal.",
            new Reads(PERSIST_QUEUE, "drain", "ticket", 0),
            "committed is durable on a quorum"),
        bug(
            "leader-counts-itself-early",
            "leader counts self before own sync",
            "A leader counts entries that its own disk does not have yet.",
            new Calls(REPLICATION, "ownMatch", LOG, "durable", sibling("last")),
            "committed is durable on a quorum"),
        bug(
            "stale-completion-accepted",
            "stale append completion accepted (ABA)",
            "The completion of a write proves entries that have overwritten what was written.",
            new Answers(PERSISTENCE, "logReplacedFrom", 0),
            "applied is durable here"),
        bug(
            "earlier-term-counted",
            "prior-term commit by counting",
            "A leader commits an entry of an earlier term because a quorum has it.",
            new Answers(REPLICATION, "mayCommitByCounting", 1),
            "a committed entry never changes"),
        bug(
            "logs-compared-by-index",
            "log check by index only",
            "A voter takes the longer log for the newer one, whatever its terms.",
            new Calls(ELECTION, "isUpToDate", ENTRY_ID, "compareTo", by("compareByIndex")),
            "a committed entry never changes"),
        bug(
            "logs-not-compared",
            "no log check",
            "A voter votes for any candidate, whatever its log.",
            new Answers(ELECTION, "isUpToDate", 1),
            "a committed entry never changes"),
        bug(
            "doubled-vote-counted",
            "duplicate vote counted",
            "A vote that arrives twice counts twice.",
            new Calls(ELECTION, "takeDown", "java.util.TreeMap", "putIfAbsent", by("countAgain")),
            "one leader per term"),
        bug(
            "old-votes-counted",
            "votes of old term counted",
            "A candidate counts votes that were given to it in an earlier term.",
            new Calls(RAFT_CORE, "isFromEarlierTerm", RAFT_CORE, "isTermless", by("votesNeverAge")),
            "one leader per term"),
        bug(
            "pre-vote-raises-term",
            "PreVote bumps term",
            "Who is asked beforehand enters the term that nobody has entered yet.",
            new Answers(RAFT_CORE, "namesFutureTerm", 0),
            "the cluster heals in time"),
        bug(
            "matching-append-truncates",
            "truncate on matching old AppendEntries",
            "A follower drops what stands behind the first entry of an append that it has already.",
            new Answers(FOLLOWING, "isThere", 0),
            "committed is durable on a quorum"),
        bug(
            "append-not-compared",
            "no log check",
            "A follower takes entries whose predecessor it does not have.",
            new Answers(FOLLOWING, "matches", 1),
            "an invariant of the server"),
        bug(
            "heartbeat-commits-beyond-match",
            "commit beyond matched",
            "Heartbeats carry the commit index even to those who have something else there.",
            new Calls(REPLICATION, "commitToTell", MATH, "min", argument(1)),
            "a committed entry never changes"),
        bug(
            "append-commits-beyond-match",
            "commit beyond matched",
            "A follower takes the leader's commit index for its own log, compared or not.",
            new Calls(FOLLOWING, "commitShown", MATH, "min", argument(0)),
            "a committed entry never changes"),
        bug(
            "two-changes-in-flight",
            "two conf changes in flight",
            "A leader takes a change of the configuration before the one before is applied.",
            new Answers("raft.core.Reconfiguration", "isChanging", 0),
            "one leader per term"),
        bug(
            "joint-commit-by-one-half",
            "joint quorum uses one half",
            "In a joint configuration the new voters alone commit.",
            new Calls(PEERS, "reached", MATH, "min", argument(0)),
            "a committed entry never changes"),
        bug(
            "joint-election-by-one-half",
            "joint quorum uses one half",
            "In a joint configuration the new voters alone elect.",
            new Calls(PEERS, "tally", "raft.core.Quorum", "joint", argument(0)),
            "one leader per term"),
        bug(
            "learner-counted",
            "learner counted",
            "A learner is one of those whose majority decides.",
            new Calls(
                PEERS, "configure", "raft.core.Membership", "voters", 2, 2, by("withLearners")),
            "committed is durable on a quorum"),
        bug(
            "snapshot-over-newer-log",
            "snapshot over newer log",
            "A follower installs a snapshot that ends before its commit index.",
            new Answers(FOLLOWING, "isAhead", 1),
            "an invariant of the server"),
        bug(
            "snapshot-not-installed",
            "snapshot over newer log",
            "The log begins behind a snapshot that never takes the state's place.",
            new Reads(PERSIST_QUEUE, "drain", "installed", 1),
            "an invariant of the server"),
        bug(
            "read-before-own-commit",
            "read before own-term commit",
            "A new leader serves reads before it knows how far its predecessors committed.",
            new Answers(REPLICATION, "hasCommittedInTerm", 1),
            "no read is stale"),
        bug(
            "read-ticket-reused",
            "ReadIndex id reuse (#20418)",
            "A follower's requests for a read index all have the same number, so that the late"
                + " answer to one is taken for the answer to the next.",
            new Forgets("raft.core.FollowerReads", "ask", "ticket"),
            "no read is stale"),
        bug(
            "confirmations-across-terms",
            "acks counted across terms",
            "What followers confirmed in an earlier term of this leader counts in this one.",
            new Forgets("raft.core.Progress", "reset", "readRound"),
            "no read is stale"),
        bug(
            "lease-read",
            "lease read under pause",
            "A leader answers reads without asking whether it still leads.",
            new Calls("raft.core.LeaderReads", "beginRound", PEERS, "isLoneVoter", number(1)),
            "no read is stale"),
        bug(
            "in-flight-leak",
            "in-flight leak",
            "Answered appends keep their places in the window until it is full for ever.",
            new Calls(REPLICATION, "onAccepted", INFLIGHTS, "releaseTo", number(0)),
            "the cluster heals in time"),
        bug(
            "applying-leak",
            "in-flight leak",
            "Applied batches keep their places in the window until nothing is handed out any more.",
            new Calls("raft.core.Applying", "onApplied", INFLIGHTS, "releaseTo", number(0)),
            "the cluster heals in time"),
        bug(
            "damage-forgotten-at-boot",
            "claimed position forgotten",
            "A member whose journal lost entries starts as if it had lost none.",
            new Calls(STATE, "<init>", "raft.core.RaftBoot", "claim", by("noClaim")),
            "a committed entry never changes"),
        bug(
            "damaged-member-votes",
            "claimed position forgotten",
            "A member that lost entries votes for those who lack them.",
            new Answers(ELECTION, "isBeyondClaim", 1),
            "a committed entry never changes"),
        bug(
            "applied-before-durable",
            "serializable read of un-durable data",
            "A member applies committed entries that its own journal does not have yet.",
            new Calls("raft.core.Applying", "handOut", MATH, "min", 1, 2, argument(0)),
            "an invariant of the server"));
  }

  private static Bug bug(
      String name, String entry, String story, Substitution substitution, String check) {
    return new Bug(name, RAFT, entry, story, substitution, check);
  }

  private static Instead number(long number) {
    return new Instead.Constant(number);
  }

  private static Instead argument(int position) {
    return new Instead.Argument(position);
  }

  private static Instead sibling(String name) {
    return new Instead.Sibling(name);
  }

  private static Instead by(String replacement) {
    return new Instead.Replacement(replacement);
  }
}
