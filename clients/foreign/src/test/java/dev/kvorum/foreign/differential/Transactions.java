package dev.kvorum.foreign.differential;

import dev.kvorum.api.etcdserverpb.RequestOp;
import dev.kvorum.api.etcdserverpb.TxnRequest;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Questions about transactions. */
final class Transactions {
  private Transactions() {}

  /** Whether an operation of any branch at any depth is such. */
  static boolean any(TxnRequest txn, Predicate<RequestOp> predicate) {
    return Stream.concat(txn.getSuccessList().stream(), txn.getFailureList().stream())
        .anyMatch(
            operation ->
                predicate.test(operation)
                    || (operation.hasRequestTxn() && any(operation.getRequestTxn(), predicate)));
  }
}
