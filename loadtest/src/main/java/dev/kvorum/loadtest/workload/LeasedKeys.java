package dev.kvorum.loadtest.workload;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.RequestOp;
import dev.kvorum.api.etcdserverpb.TxnRequest;
import java.util.Locale;
import java.util.function.IntToLongFunction;

/** Numbered keys that hang on leases, put many at a time. */
final class LeasedKeys {
  /** Fewer than a server takes in one transaction. */
  static final int PUTS_PER_TXN = 100;

  private LeasedKeys() {}

  /** Puts the keys with the numbers {@code [from, to)}. */
  static TxnRequest puts(ByteString prefix, int from, int to, IntToLongFunction lease) {
    TxnRequest.Builder txn = TxnRequest.newBuilder();
    for (int number = from; number < to; number++) {
      txn.addSuccess(
          RequestOp.newBuilder()
              .setRequestPut(
                  PutRequest.newBuilder()
                      .setKey(key(prefix, number))
                      .setLease(lease.applyAsLong(number))));
    }
    return txn.build();
  }

  private static ByteString key(ByteString prefix, int number) {
    return prefix.concat(ByteString.copyFromUtf8(String.format(Locale.ROOT, "%08d", number)));
  }
}
