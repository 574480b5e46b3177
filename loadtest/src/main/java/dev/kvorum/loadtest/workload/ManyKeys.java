package dev.kvorum.loadtest.workload;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.RequestOp;
import dev.kvorum.api.etcdserverpb.TxnRequest;
import dev.kvorum.loadtest.wire.Methods;
import java.util.List;
import java.util.Locale;

/**
 * Keys as a Kubernetes cluster has them, 41 bytes each: a few kinds, many namespaces, and a random
 * end. Put in random order, many in one transaction.
 */
final class ManyKeys {
  static final ByteString PREFIX = ByteString.copyFromUtf8("/registry/");
  static final ByteString PREFIX_END = ByteString.copyFromUtf8("/registry0");

  private static final int PUTS_PER_TXN = 100;
  private static final int OPEN_AT_ONCE = 32;
  private static final int KEY_BYTES = 41;
  private static final List<String> KINDS =
      List.of(
          "pods",
          "leases",
          "events",
          "nodes",
          "secrets",
          "services",
          "configmaps",
          "endpoints",
          "jobs",
          "claims");

  private ManyKeys() {}

  /** What stands behind the prefix; each has the same share of the keys. */
  static List<String> kinds() {
    return KINDS;
  }

  /** The key of a number; different numbers have different keys in no order. */
  static ByteString key(int number) {
    // An odd factor and shifts turn all numbers into all numbers, far apart.
    long spread = number * 0x9e3779b97f4a7c15L;
    spread = (spread ^ spread >>> 32) * 0xd6e8feb86659fd93L;
    String start =
        "/registry/"
            + KINDS.get(Math.floorMod(number, KINDS.size()))
            + String.format(Locale.ROOT, "/ns-%03d/", Math.floorMod(spread >>> 20, 1_000));
    String end = String.format(Locale.ROOT, "%016x%08x", spread, number);
    int room = KEY_BYTES - start.length();
    return ByteString.copyFromUtf8(
        start + (end.length() >= room ? end.substring(end.length() - room) : end));
  }

  /** Puts the keys with the numbers {@code [0, count)}, each {@code times} times. */
  static void load(Target target, int count, int valueBytes, int times)
      throws VoidRunException, InterruptedException {
    for (int time = 0; time < times; time++) {
      loadRange(target, 0, count, valueBytes);
    }
  }

  /** Puts the keys with the numbers {@code [from, to)}. */
  static void loadRange(Target target, int from, int to, int valueBytes)
      throws VoidRunException, InterruptedException {
    ByteString value = Keys.value(valueBytes);
    Bulk.run(
        Math.ceilDiv(to - from, PUTS_PER_TXN),
        OPEN_AT_ONCE,
        txn -> {
          int first = from + txn * PUTS_PER_TXN;
          return target
              .client()
              .call(Methods.TXN, puts(first, Math.min(to, first + PUTS_PER_TXN), value));
        });
  }

  private static TxnRequest puts(int from, int to, ByteString value) {
    TxnRequest.Builder txn = TxnRequest.newBuilder();
    for (int number = from; number < to; number++) {
      txn.addSuccess(
          RequestOp.newBuilder()
              .setRequestPut(PutRequest.newBuilder().setKey(key(number)).setValue(value)));
    }
    return txn.build();
  }
}
