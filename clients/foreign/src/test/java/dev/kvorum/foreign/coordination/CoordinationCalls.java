package dev.kvorum.foreign.coordination;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.kvorum.api.etcdserverpb.LeaseGrantRequest;
import dev.kvorum.api.etcdserverpb.LeaseRevokeRequest;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.api.etcdserverpb.RangeResponse;
import dev.kvorum.api.v3electionpb.CampaignRequest;
import dev.kvorum.api.v3electionpb.LeaderKey;
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
import java.time.Duration;

/** Calls to the locks and elections of a node, and to the leases and keys behind them. */
final class CoordinationCalls {
  static final Duration PATIENCE = Duration.ofMinutes(1);
  static final int UNKNOWN = 2;
  static final String LOCK = "v3lockpb.Lock/Lock";
  static final String UNLOCK = "v3lockpb.Lock/Unlock";
  static final String CAMPAIGN = "v3electionpb.Election/Campaign";
  static final String PROCLAIM = "v3electionpb.Election/Proclaim";
  static final String LEADER = "v3electionpb.Election/Leader";
  static final String OBSERVE = "v3electionpb.Election/Observe";
  static final String RESIGN = "v3electionpb.Election/Resign";

  private final Node node;

  CoordinationCalls(Node node) {
    this.node = node;
  }

  BidiStream open(String method) {
    return BidiStream.open(node.vertx(), node.plan().clientPort(), method);
  }

  <T> T answer(String method, Message request, Parser<T> parser) throws Exception {
    GrpcReply reply =
        GrpcClient.await(node.client().call(method, request.toByteString()), PATIENCE);
    assertThat(reply.succeeded()).as(reply.message()).isTrue();
    return parser.parseFrom(reply.messages().getFirst());
  }

  void refused(String method, Message request, String text) throws Exception {
    GrpcReply reply =
        GrpcClient.await(node.client().call(method, request.toByteString()), PATIENCE);
    assertThat(reply.message()).isEqualTo(text);
    assertThat(reply.code()).isEqualTo(UNKNOWN);
  }

  void grant(long id) throws Exception {
    var grant = LeaseGrantRequest.newBuilder().setID(id).setTTL(600).build();
    node.client().await(Methods.LEASE_GRANT, grant, PATIENCE);
  }

  void revoke(long id) throws Exception {
    var revoke = LeaseRevokeRequest.newBuilder().setID(id).build();
    node.client().await(Methods.LEASE_REVOKE, revoke, PATIENCE);
  }

  RangeResponse get(ByteString key) throws Exception {
    var range = RangeRequest.newBuilder().setKey(key).build();
    return node.client().await(Methods.RANGE, range, PATIENCE);
  }

  /** How many wait and hold under the name. */
  long keys(String name) {
    return count(
        RangeRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8(name + "/"))
            .setRangeEnd(ByteString.copyFromUtf8(name + "0")));
  }

  boolean exists(ByteString key) {
    return count(RangeRequest.newBuilder().setKey(key)) == 1;
  }

  private long count(RangeRequest.Builder range) {
    try {
      return node.client()
          .await(Methods.RANGE, range.setCountOnly(true).build(), PATIENCE)
          .getCount();
    } catch (Exception failed) {
      throw new AssertionError(failed);
    }
  }

  static LockRequest lock(String name, long lease) {
    return lock(ByteString.copyFromUtf8(name), lease);
  }

  static LockRequest lock(ByteString name, long lease) {
    return LockRequest.newBuilder().setName(name).setLease(lease).build();
  }

  static UnlockRequest unlock(ByteString key) {
    return UnlockRequest.newBuilder().setKey(key).build();
  }

  static CampaignRequest campaign(String name, long lease, String value) {
    return CampaignRequest.newBuilder()
        .setName(ByteString.copyFromUtf8(name))
        .setLease(lease)
        .setValue(ByteString.copyFromUtf8(value))
        .build();
  }

  static LeaderRequest leader(String name) {
    return LeaderRequest.newBuilder().setName(ByteString.copyFromUtf8(name)).build();
  }

  static ProclaimRequest proclaim(LeaderKey leader, String value) {
    return ProclaimRequest.newBuilder()
        .setLeader(leader)
        .setValue(ByteString.copyFromUtf8(value))
        .build();
  }

  static ResignRequest resign(LeaderKey leader) {
    return ResignRequest.newBuilder().setLeader(leader).build();
  }
}
