package dev.kvorum.foreign.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.LeaseGrantRequest;
import dev.kvorum.api.etcdserverpb.LeaseKeepAliveRequest;
import dev.kvorum.api.etcdserverpb.LeaseKeepAliveResponse;
import dev.kvorum.api.etcdserverpb.LeaseLeasesRequest;
import dev.kvorum.api.etcdserverpb.LeaseRevokeRequest;
import dev.kvorum.api.etcdserverpb.LeaseStatus;
import dev.kvorum.api.etcdserverpb.LeaseTimeToLiveRequest;
import dev.kvorum.api.etcdserverpb.LeaseTimeToLiveResponse;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.foreign.BidiStream;
import dev.kvorum.foreign.MetricsPage;
import dev.kvorum.foreign.Node;
import dev.kvorum.loadtest.wire.Methods;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Leases over gRPC (contract S10), beside what the recordings show. */
class LeaseContractIT {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final String KEEP_ALIVE = "etcdserverpb.Lease/LeaseKeepAlive";

  private static Node node;

  @BeforeAll
  static void start() throws Exception {
    node = Node.kvorum();
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  /** S10.5: known and unknown ones, each answered in its turn, and none of them ends the stream. */
  @Test
  void renewalsOfManyLeasesAreAnsweredInTheirOrder() throws Exception {
    var granted = 40;
    for (var id = 1; id <= granted; id++) {
      grant(id, 100 + id);
    }
    var revision = put(ByteString.copyFromUtf8("before"), 0);
    var asked = new ArrayList<Long>();
    try (var stream = open()) {
      for (var number = 0; number < 300; number++) {
        // Every third is of a lease that there is none of.
        var id = number % 3 == 0 ? 10_000L + number : 1 + number % granted;
        asked.add(id);
        stream.send(renewal(id));
      }
      var answers = answers(stream, asked.size());
      assertThat(answers).extracting(LeaseKeepAliveResponse::getID).isEqualTo(asked);
      for (var answer : answers) {
        assertThat(answer.getTTL()).isEqualTo(answer.getID() <= granted ? 100 + answer.getID() : 0);
        assertThat(answer.getHeader().getRevision()).isEqualTo(revision);
      }

      stream.halfClose();
      assertThat(BidiStream.await(stream::isEnded, PATIENCE)).isTrue();
    }
  }

  /** S10.3, S10.5, S10.7, S10.8: a lease from its grant to its end, and after it. */
  @Test
  void aLeaseIsWhatItIsAtEachStageOfItsLife() throws Exception {
    var id = 0x5151;
    var key = ByteString.copyFromUtf8("attached");
    try (var stream = open()) {
      assertThat(timeToLive(id)).isEqualTo(unknown(id));
      grant(id, 600);
      assertThat(timeToLive(id).getTTL()).isBetween(500L, 600L);
      assertThat(timeToLive(id).getGrantedTTL()).isEqualTo(600);
      assertThat(timeToLive(id).getKeysList()).isEmpty();
      assertThat(leases()).contains((long) id);
      put(key, id);
      assertThat(timeToLive(id).getKeysList()).containsExactly(key);
      stream.send(renewal(id));
      assertThat(answers(stream, 1).getLast().getTTL()).isEqualTo(600);

      var revoke = LeaseRevokeRequest.newBuilder().setID(id).build();
      node.client().await(Methods.LEASE_REVOKE, revoke, PATIENCE);
      assertThat(timeToLive(id)).isEqualTo(unknown(id));
      assertThat(leases()).doesNotContain((long) id);
      stream.send(renewal(id));
      assertThat(answers(stream, 2).getLast().getTTL()).isZero();

      grant(id, 60);
      stream.send(renewal(id));
      assertThat(answers(stream, 3).getLast().getTTL()).isEqualTo(60);
      assertThat(timeToLive(id).getKeysList()).as("it lives anew").isEmpty();
    }
  }

  /** S10.1: whoever names no id gets one of its own, and nobody gets less than the least time. */
  @Test
  void grantsWithoutAnIdGetDifferentPositiveOnes() throws Exception {
    var ids = new ArrayList<Long>();
    for (var count = 0; count < 20; count++) {
      var request = LeaseGrantRequest.newBuilder().setTTL(-count).build();
      var granted = node.client().await(Methods.LEASE_GRANT, request, PATIENCE);
      assertThat(granted.getTTL()).isEqualTo(2);
      assertThat(granted.getError()).isEmpty();
      ids.add(granted.getID());
    }
    assertThat(ids).doesNotHaveDuplicates().allMatch(id -> id > 0);
  }

  /** The lines of the metrics page that speak of leases count what happens to them. */
  @Test
  void metricsCountLeases() throws Exception {
    var names =
        List.of(
            "etcd_debugging_lease_granted_total",
            "etcd_debugging_lease_ttl_total_count",
            "etcd_debugging_lease_ttl_total_sum",
            "etcd_debugging_lease_renewed_total");
    var before = MetricsPage.of(node);
    grant(0x6161, 700);
    try (var stream = open()) {
      stream.send(renewal(0x6161));
      answers(stream, 1);
    }
    node.client()
        .await(
            Methods.LEASE_REVOKE, LeaseRevokeRequest.newBuilder().setID(0x6161).build(), PATIENCE);
    var after = MetricsPage.of(node);
    assertThat(after.since(before, names)).containsExactly(1.0, 1.0, 700.0, 1.0);
    // Those that run out meanwhile are revoked as well.
    assertThat(after.since(before, List.of("etcd_debugging_lease_revoked_total")).getFirst())
        .isPositive();
  }

  private static BidiStream open() {
    return BidiStream.open(node.vertx(), node.plan().clientPort(), KEEP_ALIVE);
  }

  private static ByteString renewal(long id) {
    return LeaseKeepAliveRequest.newBuilder().setID(id).build().toByteString();
  }

  private static List<LeaseKeepAliveResponse> answers(BidiStream stream, int count)
      throws Exception {
    BidiStream.await(() -> stream.received().size() >= count, PATIENCE);
    var answers = new ArrayList<LeaseKeepAliveResponse>();
    for (var message : stream.received()) {
      answers.add(LeaseKeepAliveResponse.parseFrom(message));
    }
    assertThat(answers).hasSize(count);
    return answers;
  }

  private static void grant(long id, long ttl) throws Exception {
    var grant = LeaseGrantRequest.newBuilder().setID(id).setTTL(ttl).build();
    node.client().await(Methods.LEASE_GRANT, grant, PATIENCE);
  }

  private static long put(ByteString key, long lease) throws Exception {
    var put = PutRequest.newBuilder().setKey(key).setLease(lease).build();
    return node.client().await(Methods.PUT, put, PATIENCE).getHeader().getRevision();
  }

  private static LeaseTimeToLiveResponse timeToLive(long id) throws Exception {
    var question = LeaseTimeToLiveRequest.newBuilder().setID(id).setKeys(true).build();
    return node.client().await(Methods.LEASE_TIME_TO_LIVE, question, PATIENCE).toBuilder()
        .clearHeader()
        .build();
  }

  private static LeaseTimeToLiveResponse unknown(long id) {
    return LeaseTimeToLiveResponse.newBuilder().setID(id).setTTL(-1).build();
  }

  private static List<Long> leases() throws Exception {
    return node
        .client()
        .await(Methods.LEASE_LEASES, LeaseLeasesRequest.getDefaultInstance(), PATIENCE)
        .getLeasesList()
        .stream()
        .map(LeaseStatus::getID)
        .toList();
  }
}
