package dev.kvorum.foreign.etcdctl;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.api.etcdserverpb.StatusRequest;
import dev.kvorum.foreign.Node;
import dev.kvorum.loadtest.wire.GrpcStatusException;
import dev.kvorum.loadtest.wire.Methods;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The space quota from the first put to the recovery that etcd's documentation recommends. */
class QuotaIT {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final String NO_SPACE = "etcdserver: mvcc: database space exceeded";

  /** Quotas that etcd's own suites run with: 13 memory pages, and as little as five kilobytes. */
  @ParameterizedTest
  @ValueSource(longs = {53_248, 5_120})
  void aFullStoreRecoversByCompactionDefragmentationAndDisarming(long quotaBytes) throws Exception {
    try (Node node = Node.kvorum("--quota-backend-bytes=" + quotaBytes)) {
      Etcdctl etcdctl = new Etcdctl(node);
      // Every put of the same key takes space: the history is what fills the store.
      int puts = fill(node, (int) (quotaBytes / 50));

      assertThat(puts).as("puts before the store was full").isPositive();
      assertThat(etcdctl.fail("put", "k", "v")).isEqualTo("Error: " + NO_SPACE);
      assertThat(etcdctl.succeed("alarm", "list")).matches("memberID:\\d+ alarm:NOSPACE ?\n");
      assertThat(etcdctl.succeed("endpoint", "status")).contains("alarm:NOSPACE");
      assertThat(etcdctl.succeed("get", "k", "--print-value-only")).startsWith("xxx");
      assertThat(etcdctl.run("\nget k\n\n\n", "txn").exit()).as("a txn without puts").isZero();
      assertThat(etcdctl.succeed("del", "none")).isEqualTo("0\n");

      long full = databaseBytes(node);
      etcdctl.succeed("compaction", Long.toString(revision(node)), "--physical");
      etcdctl.succeed("defrag");
      assertThat(databaseBytes(node)).as("size after compaction and defrag").isLessThan(full);
      // The alarm holds until somebody disarms it.
      assertThat(etcdctl.fail("put", "k", "v")).isEqualTo("Error: " + NO_SPACE);
      assertThat(etcdctl.succeed("alarm", "disarm")).matches("memberID:\\d+ alarm:NOSPACE ?\n");

      assertThat(etcdctl.succeed("put", "k", "v")).isEqualTo("OK\n");
      assertThat(etcdctl.succeed("alarm", "list")).isEmpty();
      assertThat(etcdctl.succeed("endpoint", "health")).contains("is healthy");
    }
  }

  /** Puts one key again and again until the store is full; returns how often that worked. */
  private static int fill(Node node, int most) throws InterruptedException {
    PutRequest put =
        PutRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8("k"))
            .setValue(ByteString.copyFromUtf8("x".repeat(300)))
            .build();
    for (int puts = 0; puts < most; puts++) {
      try {
        node.client().await(Methods.PUT, put, PATIENCE);
      } catch (GrpcStatusException full) {
        assertThat(full.code()).isEqualTo(8);
        assertThat(full).hasMessage(NO_SPACE);
        return puts;
      }
    }
    throw new AssertionError(most + " puts did not fill the store");
  }

  private static long revision(Node node) throws GrpcStatusException, InterruptedException {
    return node.client()
        .await(
            Methods.RANGE,
            RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")).build(),
            PATIENCE)
        .getHeader()
        .getRevision();
  }

  private static long databaseBytes(Node node) throws GrpcStatusException, InterruptedException {
    return node.client()
        .await(Methods.STATUS, StatusRequest.getDefaultInstance(), PATIENCE)
        .getDbSize();
  }
}
