package dev.kvorum.simulator.oracle;

import static dev.kvorum.simulator.oracle.Violations.assertWrong;

import dev.kvorum.simulator.engine.Coverage;
import dev.kvorum.storage.model.Command;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Lease 7 lives for 10 s, is granted at 100 s in term 2, and all clocks are right. */
final class LeaseOracleTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long TTL = 10 * SECOND;
  private static final long GRANTED = 100 * SECOND;

  private final FakeCluster cluster = new FakeCluster();
  private final LeaseOracle leases = new LeaseOracle(cluster, new Coverage());
  private final long electionNanos =
      cluster.plan.tuning().tickNanos() * cluster.plan.tuning().electionTicks();

  @BeforeEach
  void grant() {
    leases.leads(2);
    cluster.now = GRANTED;
    leases.committed(new Command.LeaseGrant(7, 10), 3, 2, _ -> false);
  }

  private void runsOut(long nanos, long term) {
    cluster.now = nanos;
    leases.committed(new Command.LeaseExpire(term, List.of(7L), 4), 9, term, _ -> true);
  }

  private void renews(long nanos, long term) {
    cluster.now = nanos;
    leases.kept(0, term, 7, 10, nanos);
  }

  @Test
  void aLeaseNeverEndsEarly() {
    assertWrong(() -> runsOut(GRANTED + TTL - 1, 2), "a lease never ends early");
    runsOut(GRANTED + TTL, 2);
  }

  @Test
  void aRenewalCountsFromItsAnswer() {
    leases.begun(0, 7, GRANTED);
    renews(GRANTED + TTL / 2, 2);
    assertWrong(() -> runsOut(GRANTED + TTL, 2), "a lease never ends early");
  }

  @Test
  void aNewLeaderGivesALeaseAllOfItsTimeAgain() {
    cluster.now = GRANTED + TTL;
    leases.leads(3);
    var early = GRANTED + 2 * TTL + electionNanos - 1;
    assertWrong(() -> runsOut(early, 3), "a new leader gives a lease all of its time again");
    runsOut(early + 1, 3);
  }

  @Test
  void whatRanOutIsNotRenewed() {
    leases.begun(0, 7, GRANTED);
    renews(GRANTED + TTL, 2);
    assertWrong(() -> renews(GRANTED + 2 * TTL + 1, 2), "a lease that has run out is not renewed");
  }

  @Test
  void whoWasReplacedRenewsNothing() {
    leases.begun(0, 7, GRANTED);
    leases.leads(3);
    renews(GRANTED + electionNanos, 2);
    assertWrong(
        () -> renews(GRANTED + electionNanos + 1, 2), "a leader that was replaced renews no lease");
  }

  @Test
  void onlyWhatWasGrantedIsRenewed() {
    assertWrong(
        () -> leases.kept(0, 2, 8, 10, GRANTED), "only what was granted is renewed, for as long");
  }

  @Test
  void aHealedClusterDoesNotForgetALease() {
    leases.healed();
    assertWrong(
        () -> runsOut(GRANTED + TTL + electionNanos + 60 * SECOND + 1, 2),
        "a lease of a healed cluster does not end late");
  }
}
