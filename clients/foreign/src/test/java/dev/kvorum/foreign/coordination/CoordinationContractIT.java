package dev.kvorum.foreign.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.kvorum.api.etcdserverpb.LeaseGrantRequest;
import dev.kvorum.api.etcdserverpb.LeaseRevokeRequest;
import dev.kvorum.api.etcdserverpb.LeaseTimeToLiveRequest;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.api.etcdserverpb.RangeResponse;
import dev.kvorum.api.v3electionpb.CampaignRequest;
import dev.kvorum.api.v3electionpb.CampaignResponse;
import dev.kvorum.api.v3electionpb.LeaderKey;
import dev.kvorum.api.v3electionpb.LeaderRequest;
import dev.kvorum.api.v3electionpb.LeaderResponse;
import dev.kvorum.api.v3electionpb.ProclaimRequest;
import dev.kvorum.api.v3electionpb.ProclaimResponse;
import dev.kvorum.api.v3electionpb.ResignRequest;
import dev.kvorum.api.v3electionpb.ResignResponse;
import dev.kvorum.api.v3lockpb.LockRequest;
import dev.kvorum.api.v3lockpb.LockResponse;
import dev.kvorum.api.v3lockpb.UnlockRequest;
import dev.kvorum.api.v3lockpb.UnlockResponse;
import dev.kvorum.foreign.BidiStream;
import dev.kvorum.foreign.Node;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.GrpcReply;
import dev.kvorum.loadtest.wire.Methods;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The contract of locks and elections (S11, S12), sentence by sentence, over gRPC. */
class CoordinationContractIT {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final int UNKNOWN = 2;
  private static final String LOCK = "v3lockpb.Lock/Lock";
  private static final String UNLOCK = "v3lockpb.Lock/Unlock";
  private static final String CAMPAIGN = "v3electionpb.Election/Campaign";
  private static final String PROCLAIM = "v3electionpb.Election/Proclaim";
  private static final String LEADER = "v3electionpb.Election/Leader";
  private static final String OBSERVE = "v3electionpb.Election/Observe";
  private static final String RESIGN = "v3electionpb.Election/Resign";

  private static Node node;

  @BeforeAll
  static void start() throws Exception {
    node = Node.kvorum();
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  /** S11.1, S11.3, S11.4: the key, the same key again, and the header of what decided. */
  @Test
  void aLocksKeyIsItsNameAndItsLeaseInHexadecimal() throws Exception {
    grant(0x2bc);
    var first = answer(LOCK, lock("key", 0x2bc), LockResponse.parser());
    assertThat(first.getKey().toStringUtf8()).isEqualTo("key/2bc");
    var kv = get(first.getKey()).getKvs(0);
    assertThat(kv.getLease()).isEqualTo(0x2bc);
    assertThat(kv.getValue()).isEmpty();
    assertThat(first.getHeader().getRevision()).isEqualTo(kv.getCreateRevision());

    var again = answer(LOCK, lock("key", 0x2bc), LockResponse.parser());
    assertThat(again.getKey()).isEqualTo(first.getKey());
    assertThat(get(first.getKey()).getKvs(0)).isEqualTo(kv);

    // A lease may have any id but 0, and a negative number has its sign in hexadecimal too.
    grant(-0x1f);
    assertThat(answer(LOCK, lock("signed", -0x1f), LockResponse.parser()).getKey().toStringUtf8())
        .isEqualTo("signed/-1f");
  }

  /** S11.1: who brings no lease gets one of a minute. */
  @Test
  void aLockWithoutALeaseIsHeldForAMinute() throws Exception {
    var locked = answer(LOCK, lock("minute", 0), LockResponse.parser());
    var lease = get(locked.getKey()).getKvs(0).getLease();
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
    grant(0x11);
    var locked = answer(LOCK, lock("unlock", 0x11), LockResponse.parser());
    var unlocked = answer(UNLOCK, unlock(locked.getKey()), UnlockResponse.parser());
    assertThat(unlocked.getHeader().getRevision()).isGreaterThan(locked.getHeader().getRevision());
    assertThat(get(locked.getKey()).getCount()).isZero();

    var again = answer(UNLOCK, unlock(locked.getKey()), UnlockResponse.parser());
    assertThat(again.getHeader().getRevision()).isEqualTo(unlocked.getHeader().getRevision());
    refused(UNLOCK, unlock(ByteString.EMPTY), "etcdserver: key is not provided");
  }

  /** S11.5: errors keep their texts and have one code. */
  @Test
  void errorsOfTheStoreKeepTheirTextsAndLoseTheirCodes() throws Exception {
    refused(LOCK, lock("errors", 0x404), "etcdserver: requested lease not found");
    refused(CAMPAIGN, campaign("errors", 0x404, "v"), "etcdserver: requested lease not found");
  }

  /** S11.5: whoever goes away while it waits gives its place up. */
  @Test
  void aWaiterThatGoesAwayLeavesNoKey() throws Exception {
    grant(0x21);
    grant(0x22);
    grant(0x23);
    var held = answer(LOCK, lock("away", 0x21), LockResponse.parser());
    try (var waiter = open(LOCK)) {
      waiter.send(lock("away", 0x22).toByteString());
      waiter.halfClose();
      assertThat(BidiStream.await(() -> keys("away") == 2, PATIENCE)).isTrue();
    }
    assertThat(BidiStream.await(() -> keys("away") == 1, PATIENCE)).isTrue();
    assertThat(get(held.getKey()).getCount()).isEqualTo(1);
    try (var next = open(LOCK)) {
      next.send(lock("away", 0x23).toByteString());
      next.halfClose();
      assertThat(BidiStream.await(() -> keys("away") == 2, PATIENCE)).isTrue();
      answer(UNLOCK, unlock(held.getKey()), UnlockResponse.parser());
      assertThat(LockResponse.parseFrom(next.await(1).getFirst()).getKey().toStringUtf8())
          .isEqualTo("away/23");
    }
  }

  /** S11.2: the end of a holder's lease lets the next one in; a waiter's own end is told. */
  @Test
  void theEndOfALeaseReleasesALockAndEndsAWait() throws Exception {
    grant(0x31);
    grant(0x32);
    grant(0x33);
    answer(LOCK, lock("ends", 0x31), LockResponse.parser());
    try (var second = open(LOCK);
        var third = open(LOCK)) {
      second.send(lock("ends", 0x32).toByteString());
      second.halfClose();
      assertThat(BidiStream.await(() -> keys("ends") == 2, PATIENCE)).isTrue();
      third.send(lock("ends", 0x33).toByteString());
      third.halfClose();
      assertThat(BidiStream.await(() -> keys("ends") == 3, PATIENCE)).isTrue();
      revoke(0x32);
      revoke(0x31);
      assertThat(LockResponse.parseFrom(third.await(1).getFirst()).getKey().toStringUtf8())
          .isEqualTo("ends/33");
      assertThat(BidiStream.await(second::isEnded)).isTrue();
      assertThat(second.received()).isEmpty();
    }
  }

  /** S12.1: the key stores the value; another value is proclaimed anew, and leads on. */
  @Test
  void aCampaignHasItsValueInItsKey() throws Exception {
    grant(0x41);
    var elected = answer(CAMPAIGN, campaign("value", 0x41, "one"), CampaignResponse.parser());
    var leader = elected.getLeader();
    assertThat(leader.getName().toStringUtf8()).isEqualTo("value");
    assertThat(leader.getKey().toStringUtf8()).isEqualTo("value/41");
    assertThat(leader.getLease()).isEqualTo(0x41);
    var kv = get(leader.getKey()).getKvs(0);
    assertThat(kv.getValue().toStringUtf8()).isEqualTo("one");
    assertThat(leader.getRev()).isEqualTo(kv.getCreateRevision());
    assertThat(elected.getHeader().getRevision()).isEqualTo(kv.getModRevision());

    var again = answer(CAMPAIGN, campaign("value", 0x41, "two"), CampaignResponse.parser());
    assertThat(again.getLeader()).isEqualTo(leader);
    assertThat(get(leader.getKey()).getKvs(0).getValue().toStringUtf8()).isEqualTo("two");
    assertThat(get(leader.getKey()).getKvs(0).getVersion()).isEqualTo(2);
  }

  /** S12.1 as S11.1. */
  @Test
  void aCampaignWithoutALeaseLeadsForAMinute() throws Exception {
    var elected = answer(CAMPAIGN, campaign("minute-long", 0, "v"), CampaignResponse.parser());
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
    grant(0x71);
    grant(0x72);
    grant(0x73);
    var leader =
        answer(CAMPAIGN, campaign("left", 0x71, "a"), CampaignResponse.parser()).getLeader();
    try (var next = open(CAMPAIGN)) {
      try (var gone = open(CAMPAIGN)) {
        gone.send(campaign("left", 0x72, "b").toByteString());
        gone.halfClose();
        assertThat(BidiStream.await(() -> keys("left") == 2, PATIENCE)).isTrue();
        next.send(campaign("left", 0x73, "c").toByteString());
        next.halfClose();
        assertThat(BidiStream.await(() -> keys("left") == 3, PATIENCE)).isTrue();
      }
      assertThat(BidiStream.await(() -> keys("left") == 2, PATIENCE)).isTrue();
      assertThat(next.received()).isEmpty();
      answer(RESIGN, resign(leader), ResignResponse.parser());
      assertThat(CampaignResponse.parseFrom(next.await(1).getFirst()).getLeader().getLease())
          .isEqualTo(0x73);
    }
  }

  /** S12.4, S20.2: after the last leader the next one, each with the revision that made it so. */
  @Test
  void anObserverWaitsWhileNobodyLeadsAndIsToldAtWhichRevision() throws Exception {
    grant(0x81);
    try (var observer = open(OBSERVE)) {
      var first =
          answer(CAMPAIGN, campaign("pause", 0x81, "a"), CampaignResponse.parser()).getLeader();
      observer.send(leader("pause").toByteString());
      observer.halfClose();
      observer.await(1);
      answer(RESIGN, resign(first), ResignResponse.parser());
      refused(LEADER, leader("pause"), "election: no leader");
      assertThat(observer.received()).hasSize(1);

      var second = answer(CAMPAIGN, campaign("pause", 0x81, "b"), CampaignResponse.parser());
      var told = LeaderResponse.parseFrom(observer.await(2).getLast());
      assertThat(told.getKv().getValue().toStringUtf8()).isEqualTo("b");
      assertThat(told.getKv().getCreateRevision()).isEqualTo(second.getLeader().getRev());
      assertThat(told.getHeader().getRevision())
          .isGreaterThanOrEqualTo(second.getLeader().getRev());
      var asked = answer(LEADER, leader("pause"), LeaderResponse.parser());
      assertThat(asked.getKv()).isEqualTo(told.getKv());
      assertThat(asked.getHeader().getRevision())
          .isGreaterThanOrEqualTo(told.getHeader().getRevision());
    }
  }

  /** S12.2, S12.3, S12.5. */
  @Test
  void onlyTheLeaderProclaimsAndAnybodyMayResign() throws Exception {
    grant(0x51);
    refused(LEADER, leader("nobody"), "election: no leader");
    refused(PROCLAIM, ProclaimRequest.getDefaultInstance(), "\"leader\" field must be provided");
    refused(RESIGN, ResignRequest.getDefaultInstance(), "\"leader\" field must be provided");

    var leader =
        answer(CAMPAIGN, campaign("only", 0x51, "v"), CampaignResponse.parser()).getLeader();
    var proclaimed = answer(PROCLAIM, proclaim(leader, "w"), ProclaimResponse.parser());
    var now = answer(LEADER, leader("only"), LeaderResponse.parser()).getKv();
    assertThat(now.getValue().toStringUtf8()).isEqualTo("w");
    assertThat(now.getLease()).isEqualTo(0x51);
    assertThat(proclaimed.getHeader().getRevision()).isEqualTo(now.getModRevision());

    var former = leader.toBuilder().setRev(leader.getRev() - 1).build();
    refused(PROCLAIM, proclaim(former, "x"), "election: not leader");
    answer(RESIGN, resign(former), ResignResponse.parser());
    assertThat(get(leader.getKey()).getCount()).isEqualTo(1);
    answer(RESIGN, resign(leader), ResignResponse.parser());
    refused(LEADER, leader("only"), "election: no leader");
    refused(PROCLAIM, proclaim(leader, "x"), "election: not leader");
  }

  /** S12.4: waits where nobody leads, then every value and every later leader. */
  @Test
  void anObserverIsToldOfEveryLeaderAndEveryValue() throws Exception {
    grant(0x61);
    grant(0x62);
    try (var observer = open(OBSERVE);
        var second = open(CAMPAIGN)) {
      observer.send(leader("seen").toByteString());
      observer.halfClose();
      var leader =
          answer(CAMPAIGN, campaign("seen", 0x61, "a"), CampaignResponse.parser()).getLeader();
      observer.await(1);
      answer(PROCLAIM, proclaim(leader, "b"), ProclaimResponse.parser());
      answer(PROCLAIM, proclaim(leader, "c"), ProclaimResponse.parser());
      second.send(campaign("seen", 0x62, "d").toByteString());
      second.halfClose();
      assertThat(BidiStream.await(() -> keys("seen") == 2, PATIENCE)).isTrue();
      answer(RESIGN, resign(leader), ResignResponse.parser());
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

  private static BidiStream open(String method) {
    return BidiStream.open(node.vertx(), node.plan().clientPort(), method);
  }

  private static <T> T answer(String method, Message request, Parser<T> parser) throws Exception {
    GrpcReply reply =
        GrpcClient.await(node.client().call(method, request.toByteString()), PATIENCE);
    assertThat(reply.succeeded()).as(reply.message()).isTrue();
    return parser.parseFrom(reply.messages().getFirst());
  }

  private static void refused(String method, Message request, String text) throws Exception {
    GrpcReply reply =
        GrpcClient.await(node.client().call(method, request.toByteString()), PATIENCE);
    assertThat(reply.message()).isEqualTo(text);
    assertThat(reply.code()).isEqualTo(UNKNOWN);
  }

  private static void grant(long id) throws Exception {
    var grant = LeaseGrantRequest.newBuilder().setID(id).setTTL(600).build();
    node.client().await(Methods.LEASE_GRANT, grant, PATIENCE);
  }

  private static void revoke(long id) throws Exception {
    var revoke = LeaseRevokeRequest.newBuilder().setID(id).build();
    node.client().await(Methods.LEASE_REVOKE, revoke, PATIENCE);
  }

  private static RangeResponse get(ByteString key) throws Exception {
    var range = RangeRequest.newBuilder().setKey(key).build();
    return node.client().await(Methods.RANGE, range, PATIENCE);
  }

  /** How many wait and hold under the name. */
  private static long keys(String name) {
    var range =
        RangeRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8(name + "/"))
            .setRangeEnd(ByteString.copyFromUtf8(name + "0"))
            .setCountOnly(true)
            .build();
    try {
      return node.client().await(Methods.RANGE, range, PATIENCE).getCount();
    } catch (Exception failed) {
      throw new AssertionError(failed);
    }
  }

  private static LockRequest lock(String name, long lease) {
    return LockRequest.newBuilder().setName(ByteString.copyFromUtf8(name)).setLease(lease).build();
  }

  private static UnlockRequest unlock(ByteString key) {
    return UnlockRequest.newBuilder().setKey(key).build();
  }

  private static CampaignRequest campaign(String name, long lease, String value) {
    return CampaignRequest.newBuilder()
        .setName(ByteString.copyFromUtf8(name))
        .setLease(lease)
        .setValue(ByteString.copyFromUtf8(value))
        .build();
  }

  private static LeaderRequest leader(String name) {
    return LeaderRequest.newBuilder().setName(ByteString.copyFromUtf8(name)).build();
  }

  private static ProclaimRequest proclaim(LeaderKey leader, String value) {
    return ProclaimRequest.newBuilder()
        .setLeader(leader)
        .setValue(ByteString.copyFromUtf8(value))
        .build();
  }

  private static ResignRequest resign(LeaderKey leader) {
    return ResignRequest.newBuilder().setLeader(leader).build();
  }
}
