package dev.kvorum.simulator.planted;

import static dev.kvorum.simulator.planted.Bug.Kind.LEASE;

import dev.kvorum.simulator.planted.Substitution.Answers;
import dev.kvorum.simulator.planted.Substitution.Calls;
import dev.kvorum.simulator.planted.Substitution.Instead;
import java.util.List;

/** The mistakes about leases and locks that the catalogue names, and two that were found here. */
final class LeaseBugs {
  private static final String STAGE = "verticles.stage.LeaseStage";
  private static final String CLOCK = "storage.lease.LeaseClock";
  private static final String DESK = "simulator.world.LeaseDesk";
  private static final String EVALUATION = "storage.mvcc.TxnEvaluation";

  private LeaseBugs() {}

  static List<Bug> all() {
    return List.of(
        bug(
            "deposed-leader-expires",
            "deposed leader expires (#15247)",
            "Leases that ran out for a leader of before are revoked in a later term.",
            new Answers("storage.state.Leases", "isOfAnotherTerm", 0),
            "the revision follows from the log"),
        bug(
            "wall-clock-ttl",
            "wall-clock TTL",
            "Deadlines are counted on a clock that somebody sets right.",
            new Calls(
                DESK, "moment", DESK + "$Shell", "localNow", new Instead.Replacement("wallClock")),
            "a lease never ends early"),
        bug(
            "no-extension-on-new-leader",
            "no extension on new leader",
            "A new leader goes on with what it counted as a follower.",
            new Calls(STAGE, "lead", CLOCK, "extendAll", new Instead.Constant(0)),
            "a new leader gives a lease all of its time again"),
        bug(
            "expired-lease-renewed",
            "keepalive of expired lease",
            "A lease that ran out is renewed while its revocation is under way.",
            new Calls(STAGE, "renew", CLOCK, "renew", new Instead.Replacement("renewAnyway")),
            "a lease that has run out is not renewed"),
        bug(
            "replaced-leader-renews",
            "deposed leader expires (#15247)",
            "A leader acknowledges renewals without knowing that it still leads.",
            new Answers(STAGE, "isConfirmedAt", 1),
            "a leader that was replaced renews no lease"),
        bug(
            "renewal-ends-the-round",
            "leases that are never revoked",
            "The confirmation of a renewal is taken for that of the round of expiry under way.",
            new Answers(STAGE, "isRoundAsking", 1),
            "a healed cluster is live"),
        bug(
            "key-attached-to-revoked-lease",
            "key attached to revoked lease",
            "Nobody looks whether the lease exists that a put names.",
            new Calls(
                EVALUATION,
                "checkPut",
                "java.util.function.LongPredicate",
                "test",
                new Instead.Constant(1)),
            "every answer fits the history"),
        bug(
            "lock-granted-after-lease-loss",
            "lock granted after lease loss (#11456)",
            "A waiter whose turn has come is not asked whether its key is still there.",
            new Calls(
                "verticles.coordination.Queue$Attempt",
                "awaitTurn",
                "verticles.coordination.Queue$Attempt",
                "confirm",
                new Instead.Replacement("grantedAnyway")),
            "a lock is held by who was first in its queue"));
  }

  private static Bug bug(
      String name, String entry, String story, Substitution substitution, String check) {
    return new Bug(name, LEASE, entry, story, substitution, check);
  }
}
