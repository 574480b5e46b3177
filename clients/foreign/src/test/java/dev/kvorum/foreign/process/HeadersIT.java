package dev.kvorum.foreign.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import dev.kvorum.api.etcdserverpb.AlarmRequest;
import dev.kvorum.api.etcdserverpb.CompactionRequest;
import dev.kvorum.api.etcdserverpb.DefragmentRequest;
import dev.kvorum.api.etcdserverpb.DeleteRangeRequest;
import dev.kvorum.api.etcdserverpb.HashKVRequest;
import dev.kvorum.api.etcdserverpb.HashRequest;
import dev.kvorum.api.etcdserverpb.LeaseGrantRequest;
import dev.kvorum.api.etcdserverpb.LeaseKeepAliveRequest;
import dev.kvorum.api.etcdserverpb.LeaseLeasesRequest;
import dev.kvorum.api.etcdserverpb.LeaseRevokeRequest;
import dev.kvorum.api.etcdserverpb.LeaseTimeToLiveRequest;
import dev.kvorum.api.etcdserverpb.MemberListRequest;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.api.etcdserverpb.RangeStreamResponse;
import dev.kvorum.api.etcdserverpb.RequestOp;
import dev.kvorum.api.etcdserverpb.ResponseHeader;
import dev.kvorum.api.etcdserverpb.StatusRequest;
import dev.kvorum.api.etcdserverpb.TxnRequest;
import dev.kvorum.api.etcdserverpb.WatchCreateRequest;
import dev.kvorum.api.etcdserverpb.WatchRequest;
import dev.kvorum.api.v3electionpb.CampaignRequest;
import dev.kvorum.api.v3electionpb.CampaignResponse;
import dev.kvorum.api.v3electionpb.LeaderRequest;
import dev.kvorum.api.v3electionpb.ProclaimRequest;
import dev.kvorum.api.v3electionpb.ResignRequest;
import dev.kvorum.api.v3lockpb.LockRequest;
import dev.kvorum.api.v3lockpb.UnlockRequest;
import dev.kvorum.foreign.BidiStream;
import dev.kvorum.foreign.Node;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.GrpcReply;
import dev.kvorum.loadtest.wire.Methods;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What stands in the headers of all answers (contract S20): who gave them, and which revision. */
class HeadersIT {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final long SEED = Long.getLong("kvorum.headers.seed", 20_261_121L);
  private static final String KV = "etcdserverpb.KV/";
  private static final String LEASE = "etcdserverpb.Lease/";
  private static final String MAINTENANCE = "etcdserverpb.Maintenance/";
  private static final String ELECTION = "v3electionpb.Election/";
  private static final ByteString KEY = ByteString.copyFromUtf8("k");
  private static final long ID = 0x77;

  private static Node node;

  @BeforeAll
  static void start() throws Exception {
    node = Node.kvorum();
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  /** S20.1, S20.2: one call of each method after the other, and some in several ways. */
  @Test
  void everyAnswerNamesItsMemberAndTheRevisionOfItsKind() throws Exception {
    var put = PutRequest.newBuilder().setKey(KEY).build();
    var range = RangeRequest.newBuilder().setKey(KEY);
    next(KV + "Put", put);
    next(KV + "Put", put);
    var old = range.clone().setRevision(current()).build();
    next(KV + "Put", put);
    same(KV + "Range", range.build());
    same(KV + "Range", range.clone().setSerializable(true).build());
    same(KV + "Range", old);
    for (var request : List.of(range.build(), old)) {
      var revision = current();
      var last = RangeStreamResponse.parseFrom(ask(KV + "RangeStream", request));
      assertHeader(last.getRangeResponse().toByteString(), revision);
    }
    same(KV + "DeleteRange", DeleteRangeRequest.newBuilder().setKey(KEY.concat(KEY)).build());
    next(KV + "DeleteRange", DeleteRangeRequest.newBuilder().setKey(KEY).build());
    same(KV + "Txn", txn(RequestOp.newBuilder().setRequestRange(range)));
    next(KV + "Txn", txn(RequestOp.newBuilder().setRequestPut(put)));
    same(KV + "Compact", CompactionRequest.newBuilder().setRevision(2).build());

    same(LEASE + "LeaseGrant", LeaseGrantRequest.newBuilder().setID(ID).setTTL(600).build());
    same(LEASE + "LeaseTimeToLive", timeToLive(ID));
    same(LEASE + "LeaseTimeToLive", timeToLive(0x404));
    same(LEASE + "LeaseLeases", LeaseLeasesRequest.getDefaultInstance());
    same(LEASE + "LeaseKeepAlive", LeaseKeepAliveRequest.newBuilder().setID(ID).build());
    same(LEASE + "LeaseKeepAlive", LeaseKeepAliveRequest.newBuilder().setID(0x404).build());
    var revoke = LeaseRevokeRequest.newBuilder().setID(ID).build();
    same(LEASE + "LeaseRevoke", revoke);
    same(LEASE + "LeaseGrant", LeaseGrantRequest.newBuilder().setID(ID).setTTL(600).build());
    next(KV + "Put", put.toBuilder().setLease(ID).build());
    same(LEASE + "LeaseTimeToLive", timeToLive(ID));
    next(LEASE + "LeaseRevoke", revoke);

    same(MAINTENANCE + "Alarm", AlarmRequest.getDefaultInstance());
    same(MAINTENANCE + "Status", StatusRequest.getDefaultInstance());
    same(MAINTENANCE + "Hash", HashRequest.getDefaultInstance());
    same(MAINTENANCE + "HashKV", HashKVRequest.getDefaultInstance());
    for (var linearizable : List.of(true, false)) {
      var members = MemberListRequest.newBuilder().setLinearizable(linearizable).build();
      assertHeader(ask("etcdserverpb.Cluster/MemberList", members), 0);
    }
    var defragmented = ask(MAINTENANCE + "Defragment", DefragmentRequest.getDefaultInstance());
    assertThat(defragmented).isEqualTo(ByteString.EMPTY);
  }

  /** S20.2: of the operation that decided. */
  @Test
  void locksAndElectionsNameTheRevisionOfTheirOperation() throws Exception {
    var grant = LeaseGrantRequest.newBuilder().setID(0x88).setTTL(600).build();
    same(LEASE + "LeaseGrant", grant);
    var lock = LockRequest.newBuilder().setName(KEY).setLease(0x88).build();
    next("v3lockpb.Lock/Lock", lock);
    same("v3lockpb.Lock/Lock", lock);
    var unlock =
        UnlockRequest.newBuilder().setKey(KEY.concat(ByteString.copyFromUtf8("/88"))).build();
    next("v3lockpb.Lock/Unlock", unlock);
    same("v3lockpb.Lock/Unlock", unlock);

    var campaign = CampaignRequest.newBuilder().setName(KEY).setLease(0x88).build();
    var revision = current();
    var elected = ask(ELECTION + "Campaign", campaign);
    assertHeader(elected, revision + 1);
    var leader = CampaignResponse.parseFrom(elected).getLeader();
    same(ELECTION + "Campaign", campaign);
    next(ELECTION + "Proclaim", ProclaimRequest.newBuilder().setLeader(leader).build());
    var name = LeaderRequest.newBuilder().setName(KEY).build();
    same(ELECTION + "Leader", name);
    try (var observer = open(ELECTION + "Observe")) {
      observer.send(name.toByteString());
      observer.halfClose();
      assertHeader(observer.await(1).getFirst(), current());
    }
    same(
        ELECTION + "Resign",
        ResignRequest.newBuilder().setLeader(leader.toBuilder().setRev(1)).build());
    next(ELECTION + "Resign", ResignRequest.newBuilder().setLeader(leader).build());
  }

  /** S20.2 as S9.2, S9.7, S9.13. */
  @Test
  void watchesNameTheRevisionOfTheirMessages() throws Exception {
    try (var watch = open("etcdserverpb.Watch/Watch")) {
      var create = WatchCreateRequest.newBuilder().setKey(KEY);
      watch.send(WatchRequest.newBuilder().setCreateRequest(create).build().toByteString());
      var begun = current();
      assertHeader(watch.await(1).getFirst(), begun);
      next(KV + "Put", PutRequest.newBuilder().setKey(KEY).build());
      assertHeader(watch.await(2).getLast(), begun + 1);
    }
  }

  /** S20.3: whoever asks, on whichever loop, while others write. */
  @Test
  void noAnswerNamesAnEarlierRevisionThanOneBefore() throws Exception {
    var random = new SplittableRandom(SEED);
    var put = PutRequest.newBuilder().setKey(KEY).build();
    var clients = new ArrayList<GrpcClient>();
    for (var client = 0; client < 3; client++) {
      clients.add(new GrpcClient(node.vertx(), node.plan().clientPort(), 1));
    }
    var puts = new ArrayList<Future<?>>();
    var newest = 0L;
    for (var step = 0; step < 300; step++) {
      puts.add(node.client().call(Methods.PUT, put));
      var client = clients.get(random.nextInt(clients.size()));
      var reply =
          switch (random.nextInt(5)) {
            case 0 -> client.call(KV + "Put", put.toByteString());
            case 1 -> client.call(LEASE + "LeaseLeases", ByteString.EMPTY);
            case 2 -> client.call(LEASE + "LeaseTimeToLive", timeToLive(9).toByteString());
            case 3 -> client.call(LEASE + "LeaseGrant", ByteString.EMPTY);
            default ->
                client.call(
                    KV + "Range", RangeRequest.newBuilder().setKey(KEY).build().toByteString());
          };
      var revision = header(lastMessage(reply(reply))).getRevision();
      assertThat(revision).as("seed %d, step %d", SEED, step).isGreaterThanOrEqualTo(newest);
      newest = revision;
    }
    // The next test counts revisions, so none of these may come to it.
    var _ = GrpcClient.await(Future.join(puts), PATIENCE);
    clients.forEach(GrpcClient::close);
  }

  private static TxnRequest txn(RequestOp.Builder then) {
    return TxnRequest.newBuilder().addSuccess(then).build();
  }

  private static LeaseTimeToLiveRequest timeToLive(long id) {
    return LeaseTimeToLiveRequest.newBuilder().setID(id).setKeys(true).build();
  }

  private static BidiStream open(String method) {
    return BidiStream.open(node.vertx(), node.plan().clientPort(), method);
  }

  private static void next(String method, Message request) throws Exception {
    var before = current();
    assertHeader(ask(method, request), before + 1);
  }

  private static void same(String method, Message request) throws Exception {
    var before = current();
    assertHeader(ask(method, request), before);
  }

  /** The store's revision. */
  private static long current() throws Exception {
    var range = RangeRequest.newBuilder().setKey(KEY).setCountOnly(true).build();
    return node.client().await(Methods.RANGE, range, PATIENCE).getHeader().getRevision();
  }

  /** The last message of the answer. */
  private static ByteString ask(String method, Message request) throws Exception {
    return lastMessage(reply(node.client().call(method, request.toByteString())));
  }

  private static GrpcReply reply(Future<GrpcReply> call) throws Exception {
    return GrpcClient.await(call, PATIENCE);
  }

  private static ByteString lastMessage(GrpcReply reply) {
    assertThat(reply.succeeded()).as(reply.message()).isTrue();
    return reply.messages().getLast();
  }

  private static void assertHeader(ByteString answer, long revision) throws Exception {
    var status = node.client().await(Methods.STATUS, StatusRequest.getDefaultInstance(), PATIENCE);
    assertThat(status.getLeader()).isNotZero();
    assertThat(header(answer))
        .isEqualTo(
            ResponseHeader.newBuilder()
                .setClusterId(status.getHeader().getClusterId())
                .setMemberId(status.getLeader())
                .setRevision(revision)
                .setRaftTerm(status.getRaftTerm())
                .build());
  }

  /** It is the first field of every answer. */
  private static ResponseHeader header(ByteString answer) throws Exception {
    var fields = UnknownFieldSet.parseFrom(answer).getField(1).getLengthDelimitedList();
    return ResponseHeader.parseFrom(fields.getFirst());
  }
}
