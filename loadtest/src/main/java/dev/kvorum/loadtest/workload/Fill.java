package dev.kvorum.loadtest.workload;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.api.etcdserverpb.RequestOp;
import dev.kvorum.api.etcdserverpb.TxnRequest;
import dev.kvorum.api.etcdserverpb.TxnResponse;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.GrpcStatusException;
import dev.kvorum.loadtest.wire.Methods;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayDeque;

/**
 * Writes many keys quickly: transactions of a hundred puts, several under way at a time; the keys
 * in order, or in one that has nothing to do with theirs, as in a store that has lived for a while.
 */
final class Fill {
  private static final int PUTS_PER_TXN = 100;
  private static final int TXNS_UNDER_WAY = 16;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Prime, and so without a common factor with any number of keys that is not its multiple. */
  private static final long STEP = 2_147_483_629L;

  private Fill() {}

  /** Writes keys {@code [0, count)} and checks that they are there. */
  static void fill(Vertx vertx, Target target, Settings settings)
      throws VoidRunException, InterruptedException {
    int count = settings.fillKeys();
    long step = settings.fillShuffled() ? STEP : 1;
    ByteString value = Keys.value(settings.fillValueBytes());
    try (GrpcClient client = new GrpcClient(vertx, target.process().plan().clientPort(), 1)) {
      ArrayDeque<Future<TxnResponse>> underWay = new ArrayDeque<>();
      for (int from = 0; from < count; from += PUTS_PER_TXN) {
        if (underWay.size() == TXNS_UNDER_WAY) {
          GrpcClient.await(underWay.remove(), PATIENCE);
        }
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        for (int number = from; number < Math.min(count, from + PUTS_PER_TXN); number++) {
          PutRequest.Builder put =
              PutRequest.newBuilder()
                  .setKey(Keys.key((int) (number * step % count)))
                  .setValue(value);
          txn.addSuccess(RequestOp.newBuilder().setRequestPut(put));
        }
        underWay.add(client.call(Methods.TXN, txn.build()));
      }
      while (!underWay.isEmpty()) {
        GrpcClient.await(underWay.remove(), PATIENCE);
      }
    } catch (GrpcStatusException refused) {
      throw new VoidRunException("filling: code " + refused.code() + ", " + refused.getMessage());
    }
    long found = target.ask(Methods.RANGE, all().setCountOnly(true).build()).getCount();
    if (found != count) {
      throw new VoidRunException("wrote " + count + " keys and found " + found);
    }
  }

  /** A range over all that was written. */
  static RangeRequest.Builder all() {
    return from(0);
  }

  /** The same from a key on. */
  static RangeRequest.Builder from(int number) {
    return RangeRequest.newBuilder()
        .setKey(Keys.key(number))
        .setRangeEnd(ByteString.copyFromUtf8("/load/kez"));
  }
}
