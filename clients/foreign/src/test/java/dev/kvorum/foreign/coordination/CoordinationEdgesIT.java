package dev.kvorum.foreign.coordination;

import static dev.kvorum.foreign.coordination.CoordinationCalls.CAMPAIGN;
import static dev.kvorum.foreign.coordination.CoordinationCalls.LEADER;
import static dev.kvorum.foreign.coordination.CoordinationCalls.LOCK;
import static dev.kvorum.foreign.coordination.CoordinationCalls.PATIENCE;
import static dev.kvorum.foreign.coordination.CoordinationCalls.PROCLAIM;
import static dev.kvorum.foreign.coordination.CoordinationCalls.RESIGN;
import static dev.kvorum.foreign.coordination.CoordinationCalls.UNKNOWN;
import static dev.kvorum.foreign.coordination.CoordinationCalls.UNLOCK;
import static dev.kvorum.foreign.coordination.CoordinationCalls.campaign;
import static dev.kvorum.foreign.coordination.CoordinationCalls.leader;
import static dev.kvorum.foreign.coordination.CoordinationCalls.lock;
import static dev.kvorum.foreign.coordination.CoordinationCalls.proclaim;
import static dev.kvorum.foreign.coordination.CoordinationCalls.resign;
import static dev.kvorum.foreign.coordination.CoordinationCalls.unlock;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.LeaseTimeToLiveRequest;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.v3electionpb.CampaignResponse;
import dev.kvorum.api.v3electionpb.LeaderResponse;
import dev.kvorum.api.v3electionpb.ProclaimResponse;
import dev.kvorum.api.v3electionpb.ResignResponse;
import dev.kvorum.api.v3lockpb.LockResponse;
import dev.kvorum.api.v3lockpb.UnlockResponse;
import dev.kvorum.foreign.BidiStream;
import dev.kvorum.foreign.Node;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.Methods;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Locks and elections (contract S11, S12) at their edges: odd names, ended leases, stale keys. */
class CoordinationEdgesIT {
  private static Node node;
  private static CoordinationCalls calls;

  @BeforeAll
  static void start() throws Exception {
    node = Node.kvorum();
    calls = new CoordinationCalls(node);
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  /** S11.1: a name is bytes, and none is needed. */
  @Test
  void aNameMayHaveAnyBytesOrNone() throws Exception {
    calls.grant(0xa1);
    calls.grant(0xa2);
    for (var hex : List.of("", "00", "ff", "00ff2f", "2f2f", "c328")) {
      var name = ByteString.copyFrom(HexFormat.of().parseHex(hex));
      var first = calls.answer(LOCK, lock(name, 0xa1), LockResponse.parser());
      assertThat(first.getKey()).isEqualTo(name.concat(ByteString.copyFromUtf8("/a1")));
      try (var second = calls.open(LOCK)) {
        second.send(lock(name, 0xa2).toByteString());
        second.halfClose();
        var place = name.concat(ByteString.copyFromUtf8("/a2"));
        assertThat(BidiStream.await(() -> calls.exists(place), PATIENCE)).isTrue();
        calls.answer(UNLOCK, unlock(first.getKey()), UnlockResponse.parser());
        assertThat(LockResponse.parseFrom(second.await(1).getFirst()).getKey()).isEqualTo(place);
      }
      calls.answer(
          UNLOCK, unlock(name.concat(ByteString.copyFromUtf8("/a2"))), UnlockResponse.parser());
    }
  }

  /** S11.2, S11.4: whoever put it, and however long it has been there. */
  @Test
  void anyKeyUnderThePrefixIsBeforeTheLockAndCanBeUnlocked() throws Exception {
    calls.grant(0xb1);
    var foreign = ByteString.copyFromUtf8("any/key of somebody/else");
    node.client().await(Methods.PUT, PutRequest.newBuilder().setKey(foreign).build(), PATIENCE);
    try (var waiter = calls.open(LOCK)) {
      waiter.send(lock("any", 0xb1).toByteString());
      waiter.halfClose();
      assertThat(BidiStream.await(() -> calls.keys("any") == 2, PATIENCE)).isTrue();
      var unlocked = calls.answer(UNLOCK, unlock(foreign), UnlockResponse.parser());

      var locked = LockResponse.parseFrom(waiter.await(1).getFirst());
      assertThat(locked.getKey().toStringUtf8()).isEqualTo("any/b1");
      // S20.2: of the get behind the wait.
      assertThat(locked.getHeader().getRevision())
          .isGreaterThanOrEqualTo(unlocked.getHeader().getRevision());
    }
  }

  /** S11.2: only when its turn comes, and with these words. */
  @Test
  void aWaiterWhoseLeaseEndedIsToldWhenItsTurnComes() throws Exception {
    calls.grant(0xc1);
    calls.grant(0xc2);
    calls.grant(0xc3);
    var held = calls.answer(LOCK, lock("told", 0xc1), LockResponse.parser());
    var waiting = node.client().call(LOCK, lock("told", 0xc2).toByteString());
    assertThat(BidiStream.await(() -> calls.keys("told") == 2, PATIENCE)).isTrue();
    calls.revoke(0xc2);
    // Whoever comes now waits for the holder alone.
    var next = node.client().call(LOCK, lock("told", 0xc3).toByteString());
    assertThat(BidiStream.await(() -> calls.keys("told") == 2, PATIENCE)).isTrue();
    assertThat(waiting.isComplete()).isFalse();
    calls.answer(UNLOCK, unlock(held.getKey()), UnlockResponse.parser());

    var reply = GrpcClient.await(waiting, PATIENCE);
    assertThat(reply.message()).isEqualTo("mutex: session is expired");
    assertThat(reply.code()).isEqualTo(UNKNOWN);
    assertThat(GrpcClient.await(next, PATIENCE).succeeded()).isTrue();
  }

  /** S12.1 as S11.2; etcd tells such a candidate that it leads. */
  @Test
  void aCandidateWhoseLeaseEndedDoesNotLead() throws Exception {
    calls.grant(0xd1);
    calls.grant(0xd2);
    var first =
        calls.answer(CAMPAIGN, campaign("ended", 0xd1, "a"), CampaignResponse.parser()).getLeader();
    var waiting = node.client().call(CAMPAIGN, campaign("ended", 0xd2, "b").toByteString());
    assertThat(BidiStream.await(() -> calls.keys("ended") == 2, PATIENCE)).isTrue();
    calls.revoke(0xd2);
    calls.answer(RESIGN, resign(first), ResignResponse.parser());

    var reply = GrpcClient.await(waiting, PATIENCE);
    assertThat(reply.message()).isEqualTo("election: not leader");
    assertThat(reply.code()).isEqualTo(UNKNOWN);
    calls.refused(LEADER, leader("ended"), "election: no leader");
  }

  /** S12.1, S12.2, S12.5: what an ended lease had is gone, for whatever its session still does. */
  @Test
  void aSessionWhoseLeaseEndedLeadsAndProclaimsNothing() throws Exception {
    calls.grant(0xe1);
    var leader =
        calls.answer(CAMPAIGN, campaign("over", 0xe1, "a"), CampaignResponse.parser()).getLeader();
    calls.revoke(0xe1);

    calls.refused(LEADER, leader("over"), "election: no leader");
    calls.refused(CAMPAIGN, campaign("over", 0xe1, "b"), "etcdserver: requested lease not found");
    calls.refused(PROCLAIM, proclaim(leader, "b"), "election: not leader");
    calls.answer(RESIGN, resign(leader), ResignResponse.parser());
    assertThat(calls.keys("over")).isZero();

    // The same id may live again, and begins at the end of the queue.
    calls.grant(0xe1);
    var again =
        calls.answer(CAMPAIGN, campaign("over", 0xe1, "b"), CampaignResponse.parser()).getLeader();
    assertThat(again.getRev()).isGreaterThan(leader.getRev());
    calls.refused(PROCLAIM, proclaim(leader, "c"), "election: not leader");
    var now = calls.answer(LEADER, leader("over"), LeaderResponse.parser()).getKv();
    assertThat(now.getValue().toStringUtf8()).isEqualTo("b");
  }

  /** S12.2: the lease goes with the value; none is one of a minute, as in S11.1. */
  @Test
  void aProclaimedValueHasTheLeaseThatTheLeaderNames() throws Exception {
    calls.grant(0xf1);
    var leader =
        calls.answer(CAMPAIGN, campaign("names", 0xf1, "a"), CampaignResponse.parser()).getLeader();
    calls.refused(
        PROCLAIM,
        proclaim(leader.toBuilder().setLease(0x404).build(), "b"),
        "etcdserver: requested lease not found");
    assertThat(calls.get(leader.getKey()).getKvs(0).getValue().toStringUtf8()).isEqualTo("a");

    calls.answer(
        PROCLAIM,
        proclaim(leader.toBuilder().clearLease().build(), "c"),
        ProclaimResponse.parser());
    var kv = calls.get(leader.getKey()).getKvs(0);
    assertThat(kv.getValue().toStringUtf8()).isEqualTo("c");
    assertThat(kv.getLease()).isNotZero().isNotEqualTo(0xf1);
    var question = LeaseTimeToLiveRequest.newBuilder().setID(kv.getLease()).build();
    assertThat(node.client().await(Methods.LEASE_TIME_TO_LIVE, question, PATIENCE).getGrantedTTL())
        .isEqualTo(60);
  }
}
