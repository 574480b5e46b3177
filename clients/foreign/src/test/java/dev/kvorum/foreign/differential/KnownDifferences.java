package dev.kvorum.foreign.differential;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.kvorum.api.etcdserverpb.HashKVRequest;
import dev.kvorum.api.etcdserverpb.HashKVResponse;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.api.etcdserverpb.RangeResponse;
import dev.kvorum.api.etcdserverpb.RequestOp;
import dev.kvorum.api.etcdserverpb.ResponseOp;
import dev.kvorum.api.etcdserverpb.TxnRequest;
import dev.kvorum.api.etcdserverpb.TxnResponse;
import dev.kvorum.api.mvccpb.KeyValue;
import dev.kvorum.loadtest.wire.GrpcReply;
import java.util.List;
import java.util.Set;

/**
 * Where etcd 3.5.1, the one that can be installed everywhere, differs from etcd 3.7.1, the one
 * whose contract Kvorum keeps. The list is complete: every other difference is a defect. Each entry
 * is as narrow as it can be told from request and answers.
 */
final class KnownDifferences {
  private static final String KEY_NOT_FOUND = "etcdserver: key not found";
  private static final String LEASE_NOT_FOUND = "etcdserver: requested lease not found";

  private static final Set<String> STATE_ERRORS =
      Set.of(
          KEY_NOT_FOUND,
          LEASE_NOT_FOUND,
          "etcdserver: mvcc: required revision has been compacted",
          "etcdserver: mvcc: required revision is a future revision");

  private KnownDifferences() {}

  /**
   * When several operations of a transaction fail against the state, 3.5.1 checks all puts before
   * all ranges, 3.7.1 checks in order of the operations; so the transaction fails either way, with
   * the error of another operation.
   */
  static boolean otherErrorOfTheSameTxn(
      Operation operation, GrpcReply reference, GrpcReply tested) {
    return operation.request() instanceof TxnRequest txn
        && STATE_ERRORS.contains(reference.message())
        && STATE_ERRORS.contains(tested.message())
        && Transactions.any(txn, KnownDifferences::isPutThatCanFail)
        && Transactions.any(txn, KnownDifferences::isRangeThatCanFail);
  }

  /**
   * When a put of a transaction names both a lease that does not exist and a missing key whose
   * value it keeps, 3.5.1 misses the key, 3.7.1 the lease, as both do for a put by itself (contract
   * S4.1, S6.3).
   */
  static boolean otherErrorOfTheSamePut(
      Operation operation, GrpcReply reference, GrpcReply tested) {
    return operation.request() instanceof TxnRequest txn
        && reference.message().equals(KEY_NOT_FOUND)
        && tested.message().equals(LEASE_NOT_FOUND)
        && Transactions.any(txn, KnownDifferences::isPutThatCanFailTwice);
  }

  /**
   * 3.5.1 does not say which revision it hashed (the field is of 3.6). Its reply is returned as
   * 3.7.1 gives it.
   */
  static GrpcReply withHashRevision(Operation operation, GrpcReply reply) {
    if (!(operation.request() instanceof HashKVRequest request) || !reply.succeeded()) {
      return reply;
    }
    try {
      HashKVResponse hash = HashKVResponse.parseFrom(reply.messages().getFirst());
      long hashed =
          request.getRevision() == 0 ? hash.getHeader().getRevision() : request.getRevision();
      return new GrpcReply(
          List.of(hash.toBuilder().setHashRevision(hashed).build().toByteString()), 0, "");
    } catch (InvalidProtocolBufferException unreadable) {
      throw new AssertionError("etcd answers readable messages", unreadable);
    }
  }

  /**
   * 3.5.1 shows the leases of keys in a range that asks for keys alone, 3.7.1 only where it had to
   * read the values anyway, to sort by them. They are compared in every other answer.
   */
  static Message withoutLeasesOfKeysAlone(Message request, Message answer) {
    return switch (answer) {
      case RangeResponse range -> withoutLeases((RangeRequest) request, range);
      case TxnResponse txn -> withoutLeases((TxnRequest) request, txn);
      default -> answer;
    };
  }

  private static RangeResponse withoutLeases(RangeRequest request, RangeResponse answer) {
    if (!request.getKeysOnly()) {
      return answer;
    }
    RangeResponse.Builder keys = answer.toBuilder();
    keys.getKvsBuilderList().forEach(KeyValue.Builder::clearLease);
    return keys.build();
  }

  private static TxnResponse withoutLeases(TxnRequest request, TxnResponse answer) {
    List<RequestOp> operations =
        answer.getSucceeded() ? request.getSuccessList() : request.getFailureList();
    TxnResponse.Builder txn = answer.toBuilder();
    for (int index = 0; index < Math.min(operations.size(), answer.getResponsesCount()); index++) {
      RequestOp operation = operations.get(index);
      ResponseOp.Builder response = txn.getResponsesBuilder(index);
      if (operation.hasRequestRange() && response.hasResponseRange()) {
        response.setResponseRange(
            withoutLeases(operation.getRequestRange(), response.getResponseRange()));
      } else if (operation.hasRequestTxn() && response.hasResponseTxn()) {
        response.setResponseTxn(
            withoutLeases(operation.getRequestTxn(), response.getResponseTxn()));
      }
    }
    return txn.build();
  }

  private static boolean isPutThatCanFail(RequestOp operation) {
    return operation.hasRequestPut()
        && (operation.getRequestPut().getLease() != 0
            || operation.getRequestPut().getIgnoreValue()
            || operation.getRequestPut().getIgnoreLease());
  }

  /** With ignore_lease a lease is refused before the state is looked at. */
  private static boolean isPutThatCanFailTwice(RequestOp operation) {
    return operation.hasRequestPut()
        && operation.getRequestPut().getLease() != 0
        && operation.getRequestPut().getIgnoreValue();
  }

  private static boolean isRangeThatCanFail(RequestOp operation) {
    return operation.hasRequestRange() && operation.getRequestRange().getRevision() != 0;
  }
}
