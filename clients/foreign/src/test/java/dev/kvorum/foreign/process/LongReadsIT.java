package dev.kvorum.foreign.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.api.etcdserverpb.RequestOp;
import dev.kvorum.api.etcdserverpb.TxnRequest;
import dev.kvorum.foreign.Node;
import dev.kvorum.loadtest.crowd.Crowd;
import dev.kvorum.loadtest.crowd.Outcome;
import dev.kvorum.loadtest.wire.GrpcStatusException;
import dev.kvorum.loadtest.wire.Methods;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Large answers and requests, alone and in crowds, on the packaged server, which must neither hold
 * them nor keep others waiting. At full size: {@code loadtest/run crowd}.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LongReadsIT {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final int TXNS = 192;
  private static final int PUTS = 16;
  private static final int VALUE_BYTES = 64 << 10;
  private static final long ALL_BYTES = (long) TXNS * PUTS * VALUE_BYTES;
  private static final long MOST_GROWTH_BYTES = 128L << 20;

  /** What an account of the ledger may hold (see {@code Ledger}). */
  private static final long MOST_LEDGER_BYTES = 64L << 20;

  private static final String TOO_MANY = "2 etcdserver: too many requests";

  /** What a slow disk makes of a put that was let in. */
  private static final String TOO_LATE = "14 etcdserver: request timed out";

  private static Node node;
  private static Crowd crowd;

  @BeforeAll
  static void fill() throws Exception {
    node = Node.kvorum();
    ByteString value = ByteString.copyFrom(new byte[VALUE_BYTES]);
    for (int txn = 0; txn < TXNS; txn++) {
      TxnRequest.Builder puts = TxnRequest.newBuilder();
      for (int put = 0; put < PUTS; put++) {
        ByteString key = ByteString.copyFromUtf8("list/%05d".formatted(txn * PUTS + put));
        puts.addSuccess(
            RequestOp.newBuilder()
                .setRequestPut(PutRequest.newBuilder().setKey(key).setValue(value)));
      }
      put(puts.build());
    }
    RangeRequest everything =
        RangeRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8("list/"))
            .setRangeEnd(ByteString.copyFromUtf8("list0"))
            .build();
    crowd = new Crowd(node.vertx(), node.process(), everything, PATIENCE);
  }

  /** As often as it takes on a slow disk: the same puts once more change nothing of a list. */
  private static void put(TxnRequest puts) throws Exception {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        node.client().await(Methods.TXN, puts, PATIENCE);
        return;
      } catch (GrpcStatusException refused) {
        if (!Crowd.isPassing(refused) || System.nanoTime() - until > 0) {
          throw refused;
        }
      }
    }
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  /** The first one also loads and compiles what a list needs. */
  @Test
  @Order(1)
  void aListOverEverythingTakesLittleMemory() throws Exception {
    assertThat(crowd.lists(1).succeeded()).isEqualTo(1);

    Outcome outcome = crowd.lists(1);

    assertThat(outcome.succeeded()).as("%s", outcome).isEqualTo(1);
    assertThat(outcome.bytes()).isGreaterThan(ALL_BYTES);
    assertThat(outcome.peakGrowthBytes()).isLessThan(MOST_GROWTH_BYTES);
  }

  @Test
  @Order(2)
  void tenListsAtATimeAreFinishedWhilePutsGoOn() throws Exception {
    Outcome outcome = crowd.lists(10);

    assertThat(outcome.succeeded()).as("%s", outcome).isEqualTo(10);
    assertThat(outcome.bytes()).isGreaterThan(10 * ALL_BYTES);
    assertThat(outcome.puts()).isPositive();
    assertThat(outcome.refusedPuts()).as("reads leave the writers' room alone").isZero();
    assertThat(outcome.peakGrowthBytes()).isLessThan(MOST_GROWTH_BYTES);
    assertThat(outcome.mostAnswersBytes()).isLessThanOrEqualTo(MOST_LEDGER_BYTES);
  }

  @Test
  @Order(3)
  void clientsThatStopReadingHoldNobodyUpAndGiveEverythingBack() throws Exception {
    Outcome outcome = crowd.stoppedReaders(300);

    assertThat(outcome.ends().keySet()).as("%s", outcome).contains("begun");
    assertThat(outcome.puts()).isPositive();
    assertThat(outcome.refusedPuts()).as("reads leave the writers' room alone").isZero();
    assertThat(outcome.mostAnswersBytes()).isLessThanOrEqualTo(MOST_LEDGER_BYTES);
    assertThat(crowd.lists(1).succeeded()).isEqualTo(1);
  }

  @Test
  @Order(4)
  void manyLargePutsAreMadeOrRefusedWhileSmallOnesGoOn() throws Exception {
    PutRequest large =
        PutRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8("large"))
            .setValue(ByteString.copyFrom(new byte[1_500_000]))
            .build();

    Outcome outcome = crowd.puts(100, large);

    assertThat(outcome.ends().keySet()).as("%s", outcome).isSubsetOf("0", TOO_MANY, TOO_LATE);
    assertThat(outcome.succeeded()).isPositive();
    assertThat(outcome.puts()).isPositive();
    assertThat(outcome.mostRequestsBytes()).isLessThanOrEqualTo(MOST_LEDGER_BYTES);
  }
}
