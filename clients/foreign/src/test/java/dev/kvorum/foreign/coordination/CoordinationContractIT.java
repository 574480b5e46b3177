package dev.kvorum.foreign.coordination;

import static dev.kvorum.foreign.coordination.CoordinationCalls.CAMPAIGN;
import static dev.kvorum.foreign.coordination.CoordinationCalls.LEADER;
import static dev.kvorum.foreign.coordination.CoordinationCalls.LOCK;
import static dev.kvorum.foreign.coordination.CoordinationCalls.OBSERVE;
import static dev.kvorum.foreign.coordination.CoordinationCalls.PATIENCE;
import static dev.kvorum.foreign.coordination.CoordinationCalls.PROCLAIM;
import static dev.kvorum.foreign.coordination.CoordinationCalls.RESIGN;
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
import dev.kvorum.api.v3electionpb.CampaignResponse;
import dev.kvorum.api.v3electionpb.LeaderResponse;
import dev.kvorum.api.v3electionpb.ProclaimRequest;
import dev.kvorum.api.v3electionpb.ProclaimResponse;
import dev.kvorum.api.v3electionpb.ResignRequest;
import dev.kvorum.api.v3electionpb.ResignResponse;
import dev.kvorum.api.v3lockpb.LockResponse;
import dev.kvorum.api.v3lockpb.UnlockResponse;
import dev.kvorum.foreign.BidiStream;
import dev.kvorum.foreign.Node;
import dev.kvorum.loadtest.wire.Methods;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The contract of locks and elections (S11, S12), sentence by sentence, over gRPC. */
class CoordinationContractIT {

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

  /** S11.1, S11.3, S11.4: the key, the same key again, and the header of what decided. */
  @Test
  void aLocksKeyIsItsNameAndItsLeaseInHexadecimal() throws Exception {
    calls.grant(0x2bc);
    var first = calls.answer(LOCK, lock("key", 0x2bc), LockResponse.parser());
    assertThat(first.getKey().toStringUtf8()).isEqualTo("key/2bc");
    var kv = calls.get(first.getKey()).getKvs(0);
    assertThat(kv.getLease()).isEqualTo(0x2bc);
    assertThat(kv.getValue()).isEmpty();
    assertThat(first.getHeader().getRevision()).isEqualTo(kv.getCreateRevision());

    var again = calls.answer(LOCK, lock("key", 0x2bc), LockResponse.parser());
    assertThat(again.getKey()).isEqualTo(first.getKey());
    assertThat(calls.get(first.getKey()).getKvs(0)).isEqualTo(kv);

    // A lease may have any id but 0, and a negative number has its sign in hexadecimal too.
    calls.grant(-0x1f);
    assertThat(
            calls
                .answer(LOCK, lock("signed", -0x1f), LockResponse.parser())
                .getKey()
                .toStringUtf8())
        .isEqualTo("signed/-1f");
  }

  /** S11.1: who brings no lease gets one of a minute. */
  @Test
  void aLockWithoutALeaseIsHeldForAMinute() throws Exception {
    var locked = calls.answer(LOCK, lock("minute", 0), LockResponse.parser());
    var lease = calls.get(locked.getKey()).getKvs(0).getLease();
    var left =
        node.client()
            .await(
                Methods.LEASE_TIME_TO_LIVE,
                LeaseTimeToLiveRequest.newBuilder().setID(lease).build(),
                PATIENCE);
    assertThat(left.getGrantedTTL()).isEqualTo(60);
  }

  /** S11.4. */
  @Test
  void anUnlockDeletesAnyKeyAndMindsNoneThatIsMissing() throws Exception {
    calls.grant(0x11);
    var locked = calls.answer(LOCK, lock("unlock", 0x11), LockResponse.parser());
    var unlocked = calls.answer(UNLOCK, unlock(locked.getKey()), UnlockResponse.parser());
    assertThat(unlocked.getHeader().getRevision()).isGreaterThan(locked.getHeader().getRevision());
    assertThat(calls.get(locked.getKey()).getCount()).isZero();

    var again = calls.answer(UNLOCK, unlock(locked.getKey()), UnlockResponse.parser());
    assertThat(again.getHeader().getRevision()).isEqualTo(unlocked.getHeader().getRevision());
    calls.refused(UNLOCK, unlock(ByteString.EMPTY), "etcdserver: key is not provided");
  }

  /** S11.5: errors keep their texts and have one code. */
  @Test
  void errorsOfTheStoreKeepTheirTextsAndLoseTheirCodes() throws Exception {
    calls.refused(LOCK, lock("errors", 0x404), "etcdserver: requested lease not found");
    calls.refused(
        CAMPAIGN, campaign("errors", 0x404, "v"), "etcdserver: requested lease not found");
  }

  /** S11.5: whoever goes away while it waits gives its place up. */
  @Test
  void aWaiterThatGoesAwayLeavesNoKey() throws Exception {
    calls.grant(0x21);
    calls.grant(0x22);
    calls.grant(0x23);
    var held = calls.answer(LOCK, lock("away", 0x21), LockResponse.parser());
    try (var waiter = calls.open(LOCK)) {
      waiter.send(lock("away", 0x22).toByteString());
      waiter.halfClose();
      assertThat(BidiStream.await(() -> calls.keys("away") == 2, PATIENCE)).isTrue();
    }
    assertThat(BidiStream.await(() -> calls.keys("away") == 1, PATIENCE)).isTrue();
    assertThat(calls.get(held.getKey()).getCount()).isEqualTo(1);
    try (var next = calls.open(LOCK)) {
      next.send(lock("away", 0x23).toByteString());
      next.halfClose();
      assertThat(BidiStream.await(() -> calls.keys("away") == 2, PATIENCE)).isTrue();
      calls.answer(UNLOCK, unlock(held.getKey()), UnlockResponse.parser());
      assertThat(LockResponse.parseFrom(next.await(1).getFirst()).getKey().toStringUtf8())
          .isEqualTo("away/23");
    }
  }

  /** S11.2: the end of a holder's lease lets the next one in; a waiter's own end is told. */
  @Test
  void theEndOfALeaseReleasesALockAndEndsAWait() throws Exception {
    calls.grant(0x31);
    calls.grant(0x32);
    calls.grant(0x33);
    calls.answer(LOCK, lock("ends", 0x31), LockResponse.parser());
    try (var second = calls.open(LOCK);
        var third = calls.open(LOCK)) {
      second.send(lock("ends", 0x32).toByteString());
      second.halfClose();
      assertThat(BidiStream.await(() -> calls.keys("ends") == 2, PATIENCE)).isTrue();
      third.send(lock("ends", 0x33).toByteString());
      third.halfClose();
      assertThat(BidiStream.await(() -> calls.keys("ends") == 3, PATIENCE)).isTrue();
      calls.revoke(0x32);
      calls.revoke(0x31);
      assertThat(LockResponse.parseFrom(third.await(1).getFirst()).getKey().toStringUtf8())
          .isEqualTo("ends/33");
      assertThat(BidiStream.await(second::isEnded)).isTrue();
      assertThat(second.received()).isEmpty();
    }
  }

  /** S12.1: the key stores the value; another value is proclaimed anew, and leads on. */
  @Test
  void aCampaignHasItsValueInItsKey() throws Exception {
    calls.grant(0x41);
    var elected = calls.answer(CAMPAIGN, campaign("value", 0x41, "one"), CampaignResponse.parser());
    var leader = elected.getLeader();
    assertThat(leader.getName().toStringUtf8()).isEqualTo("value");
    assertThat(leader.getKey().toStringUtf8()).isEqualTo("value/41");
    assertThat(leader.getLease()).isEqualTo(0x41);
    var kv = calls.get(leader.getKey()).getKvs(0);
    assertThat(kv.getValue().toStringUtf8()).isEqualTo("one");
    assertThat(leader.getRev()).isEqualTo(kv.getCreateRevision());
    assertThat(elected.getHeader().getRevision()).isEqualTo(kv.getModRevision());

    var again = calls.answer(CAMPAIGN, campaign("value", 0x41, "two"), CampaignResponse.parser());
    assertThat(again.getLeader()).isEqualTo(leader);
    assertThat(calls.get(leader.getKey()).getKvs(0).getValue().toStringUtf8()).isEqualTo("two");
    assertThat(calls.get(leader.getKey()).getKvs(0).getVersion()).isEqualTo(2);
  }

  /** S12.1 as S11.1. */
  @Test
  void aCampaignWithoutALeaseLeadsForAMinute() throws Exception {
    var elected =
        calls.answer(CAMPAIGN, campaign("minute-long", 0, "v"), CampaignResponse.parser());
    var lease = elected.getLeader().getLease();
    assertThat(elected.getLeader().getKey().toStringUtf8())
        .isEqualTo("minute-long/" + Long.toHexString(lease));
    var question = LeaseTimeToLiveRequest.newBuilder().setID(lease).build();
    var left = node.client().await(Methods.LEASE_TIME_TO_LIVE, question, PATIENCE);
    assertThat(left.getGrantedTTL()).isEqualTo(60);
  }

  /** S12.1 as S11.5, and S11.2: who comes next waits for those alone who are before it. */
  @Test
  void aCampaignerThatGoesAwayLeavesNoKeyAndHoldsNobodyUp() throws Exception {
    calls.grant(0x71);
    calls.grant(0x72);
    calls.grant(0x73);
    var leader =
        calls.answer(CAMPAIGN, campaign("left", 0x71, "a"), CampaignResponse.parser()).getLeader();
    try (var next = calls.open(CAMPAIGN)) {
      try (var gone = calls.open(CAMPAIGN)) {
        gone.send(campaign("left", 0x72, "b").toByteString());
        gone.halfClose();
        assertThat(BidiStream.await(() -> calls.keys("left") == 2, PATIENCE)).isTrue();
        next.send(campaign("left", 0x73, "c").toByteString());
        next.halfClose();
        assertThat(BidiStream.await(() -> calls.keys("left") == 3, PATIENCE)).isTrue();
      }
      assertThat(BidiStream.await(() -> calls.keys("left") == 2, PATIENCE)).isTrue();
      assertThat(next.received()).isEmpty();
      calls.answer(RESIGN, resign(leader), ResignResponse.parser());
      assertThat(CampaignResponse.parseFrom(next.await(1).getFirst()).getLeader().getLease())
          .isEqualTo(0x73);
    }
  }

  /** S12.4, S20.2: after the last leader the next one, each with the revision that made it so. */
  @Test
  void anObserverWaitsWhileNobodyLeadsAndIsToldAtWhichRevision() throws Exception {
    calls.grant(0x81);
    try (var observer = calls.open(OBSERVE)) {
      var first =
          calls
              .answer(CAMPAIGN, campaign("pause", 0x81, "a"), CampaignResponse.parser())
              .getLeader();
      observer.send(leader("pause").toByteString());
      observer.halfClose();
      observer.await(1);
      calls.answer(RESIGN, resign(first), ResignResponse.parser());
      calls.refused(LEADER, leader("pause"), "election: no leader");
      assertThat(observer.received()).hasSize(1);

      var second = calls.answer(CAMPAIGN, campaign("pause", 0x81, "b"), CampaignResponse.parser());
      var told = LeaderResponse.parseFrom(observer.await(2).getLast());
      assertThat(told.getKv().getValue().toStringUtf8()).isEqualTo("b");
      assertThat(told.getKv().getCreateRevision()).isEqualTo(second.getLeader().getRev());
      assertThat(told.getHeader().getRevision())
          .isGreaterThanOrEqualTo(second.getLeader().getRev());
      var asked = calls.answer(LEADER, leader("pause"), LeaderResponse.parser());
      assertThat(asked.getKv()).isEqualTo(told.getKv());
      assertThat(asked.getHeader().getRevision())
          .isGreaterThanOrEqualTo(told.getHeader().getRevision());
    }
  }

  /** S12.2, S12.3, S12.5. */
  @Test
  void onlyTheLeaderProclaimsAndAnybodyMayResign() throws Exception {
    calls.grant(0x51);
    calls.refused(LEADER, leader("nobody"), "election: no leader");
    calls.refused(
        PROCLAIM, ProclaimRequest.getDefaultInstance(), "\"leader\" field must be provided");
    calls.refused(RESIGN, ResignRequest.getDefaultInstance(), "\"leader\" field must be provided");

    var leader =
        calls.answer(CAMPAIGN, campaign("only", 0x51, "v"), CampaignResponse.parser()).getLeader();
    var proclaimed = calls.answer(PROCLAIM, proclaim(leader, "w"), ProclaimResponse.parser());
    var now = calls.answer(LEADER, leader("only"), LeaderResponse.parser()).getKv();
    assertThat(now.getValue().toStringUtf8()).isEqualTo("w");
    assertThat(now.getLease()).isEqualTo(0x51);
    assertThat(proclaimed.getHeader().getRevision()).isEqualTo(now.getModRevision());

    var former = leader.toBuilder().setRev(leader.getRev() - 1).build();
    calls.refused(PROCLAIM, proclaim(former, "x"), "election: not leader");
    calls.answer(RESIGN, resign(former), ResignResponse.parser());
    assertThat(calls.get(leader.getKey()).getCount()).isEqualTo(1);
    calls.answer(RESIGN, resign(leader), ResignResponse.parser());
    calls.refused(LEADER, leader("only"), "election: no leader");
    calls.refused(PROCLAIM, proclaim(leader, "x"), "election: not leader");
  }

  /** S12.4: waits where nobody leads, then every value and every later leader. */
  @Test
  void anObserverIsToldOfEveryLeaderAndEveryValue() throws Exception {
    calls.grant(0x61);
    calls.grant(0x62);
    try (var observer = calls.open(OBSERVE);
        var second = calls.open(CAMPAIGN)) {
      observer.send(leader("seen").toByteString());
      observer.halfClose();
      var leader =
          calls
              .answer(CAMPAIGN, campaign("seen", 0x61, "a"), CampaignResponse.parser())
              .getLeader();
      observer.await(1);
      calls.answer(PROCLAIM, proclaim(leader, "b"), ProclaimResponse.parser());
      calls.answer(PROCLAIM, proclaim(leader, "c"), ProclaimResponse.parser());
      second.send(campaign("seen", 0x62, "d").toByteString());
      second.halfClose();
      assertThat(BidiStream.await(() -> calls.keys("seen") == 2, PATIENCE)).isTrue();
      calls.answer(RESIGN, resign(leader), ResignResponse.parser());
      second.await(1);

      var told = observer.await(4);
      assertThat(told).hasSize(4);
      var values = new StringBuilder();
      for (var message : told) {
        values.append(LeaderResponse.parseFrom(message).getKv().getValue().toStringUtf8());
      }
      assertThat(values).hasToString("abcd");
    }
  }
}
