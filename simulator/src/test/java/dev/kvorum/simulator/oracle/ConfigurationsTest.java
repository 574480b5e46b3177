package dev.kvorum.simulator.oracle;

import static dev.kvorum.simulator.oracle.Violations.assertWrong;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.core.MembershipChange;
import dev.kvorum.raft.core.TraceRecord;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The change at index 5 removes member 2, which has the id 3. */
final class ConfigurationsTest {
  private static final String RULE = "who takes part follows from the log";
  private static final Membership LEFT = Membership.ofVoters(List.of(1L, 2L));

  private final FakeCluster cluster = new FakeCluster();
  private final Configurations configurations = new Configurations();

  @BeforeEach
  void removeOne() {
    configurations.watch(cluster);
    var change = MembershipChange.of(MembershipChange.Kind.REMOVE, 3);
    configurations.committed(0, new Entry(2, 5, Entry.Type.MEMBERSHIP, change.encode()));
  }

  private void uses(Membership membership) {
    configurations.happened(0, new TraceRecord.MembershipChanged(membership));
  }

  @Test
  void whatTheLogSaysIsUsed() {
    uses(LEFT);
    assertWrong(() -> uses(FakeCluster.FOUNDERS), RULE);
  }

  @Test
  void whoWasRemovedDoesNotStay() {
    assertWrong(() -> uses(FakeCluster.FOUNDERS), RULE);
  }

  @Test
  void aSnapshotBringsTheConfigurationOfItsPlace() {
    configurations.happened(0, new TraceRecord.SnapshotAccepted(new EntryId(2, 7)));
    assertWrong(() -> uses(FakeCluster.FOUNDERS), RULE);
    configurations.happened(0, new TraceRecord.SnapshotAccepted(new EntryId(1, 4)));
    uses(FakeCluster.FOUNDERS);
  }

  @Test
  void nobodyComesBackByARestart() {
    cluster.appliedIndex = 4;
    configurations.started(0);
    cluster.appliedIndex = 5;
    assertWrong(() -> configurations.started(0), RULE);
  }

  @Test
  void theStateStoreHasItToo() {
    cluster.appliedIndex = 5;
    cluster.membership = LEFT;
    assertWrong(configurations::ended, RULE);
    cluster.storedMembership = LEFT;
    configurations.ended();
  }

  @Test
  void whoIsPromotedHasNearlyEverything() {
    cluster.membership = new Membership(List.of(1L, 2L), List.of(), List.of(3L), List.of(), false);
    cluster.ownMatch = 100;
    var promotion = MembershipChange.of(MembershipChange.Kind.ADD_VOTER, 3);
    cluster.durable = new EntryId(2, 90);
    configurations.changes(0, promotion);
    cluster.durable = new EntryId(2, 89);
    assertWrong(
        () -> configurations.changes(0, promotion), "who is promoted has nearly everything");
  }
}
