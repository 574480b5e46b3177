package dev.kvorum.foreign.differential;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.kvorum.api.etcdserverpb.LeaseLeasesResponse;
import dev.kvorum.api.etcdserverpb.LeaseStatus;
import dev.kvorum.api.etcdserverpb.LeaseTimeToLiveResponse;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.api.etcdserverpb.RangeRequest.SortOrder;
import dev.kvorum.api.etcdserverpb.RangeRequest.SortTarget;
import dev.kvorum.api.etcdserverpb.RangeResponse;
import dev.kvorum.api.etcdserverpb.RequestOp;
import dev.kvorum.api.etcdserverpb.ResponseOp;
import dev.kvorum.api.etcdserverpb.TxnRequest;
import dev.kvorum.api.etcdserverpb.TxnResponse;
import dev.kvorum.api.mvccpb.KeyValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * Puts sorted answers into one definite form. A sort by anything but the key leaves the order among
 * equals open (contract S2.6), so equals are put in key order here; and when a limit cut the sorted
 * answer, it is open which of the last equals are there, so of those only the sorted-by value is
 * kept.
 */
final class SortedAnswers {
  private static final Comparator<KeyValue> BY_KEY =
      Comparator.comparing(KeyValue::getKey, ByteString.unsignedLexicographicalComparator());

  private SortedAnswers() {}

  /** The definite form of an answer to {@code request}; other answers are returned as they are. */
  static Message definite(Message request, Message answer) {
    return switch (answer) {
      case RangeResponse range -> definite((RangeRequest) request, range);
      case TxnResponse txn -> definite((TxnRequest) request, txn);
      case LeaseTimeToLiveResponse lease -> withKeysInOrder(lease);
      case LeaseLeasesResponse leases -> inOrder(leases);
      default -> answer;
    };
  }

  /** The order of a lease's keys is open (contract S10.7). */
  private static LeaseTimeToLiveResponse withKeysInOrder(LeaseTimeToLiveResponse lease) {
    return lease.toBuilder()
        .clearKeys()
        .addAllKeys(
            lease.getKeysList().stream()
                .sorted(ByteString.unsignedLexicographicalComparator())
                .toList())
        .build();
  }

  /** Leases come by their ends, and ends that are equal for one server differ for another. */
  private static LeaseLeasesResponse inOrder(LeaseLeasesResponse leases) {
    return leases.toBuilder()
        .clearLeases()
        .addAllLeases(
            leases.getLeasesList().stream()
                .sorted(Comparator.comparingLong(LeaseStatus::getID))
                .toList())
        .build();
  }

  private static TxnResponse definite(TxnRequest request, TxnResponse answer) {
    List<RequestOp> operations =
        answer.getSucceeded() ? request.getSuccessList() : request.getFailureList();
    if (operations.size() != answer.getResponsesCount()) {
      return answer;
    }
    TxnResponse.Builder definite = answer.toBuilder();
    for (int index = 0; index < operations.size(); index++) {
      RequestOp operation = operations.get(index);
      ResponseOp response = answer.getResponses(index);
      if (operation.hasRequestRange() && response.hasResponseRange()) {
        definite
            .getResponsesBuilder(index)
            .setResponseRange(definite(operation.getRequestRange(), response.getResponseRange()));
      } else if (operation.hasRequestTxn() && response.hasResponseTxn()) {
        definite
            .getResponsesBuilder(index)
            .setResponseTxn(definite(operation.getRequestTxn(), response.getResponseTxn()));
      }
    }
    return definite.build();
  }

  private static RangeResponse definite(RangeRequest request, RangeResponse answer) {
    if (request.getSortTarget() == SortTarget.KEY) {
      return answer;
    }
    List<KeyValue> pairs = new ArrayList<>();
    int from = 0;
    for (int index = 1; index <= answer.getKvsCount(); index++) {
      if (index == answer.getKvsCount() || !equalTargets(request, answer, from, index)) {
        boolean open = index == answer.getKvsCount() && answer.getMore() && cutAfterSort(request);
        answer.getKvsList().subList(from, index).stream()
            .map(pair -> open ? targetOnly(request, pair) : pair)
            .sorted(BY_KEY)
            .forEach(pairs::add);
        from = index;
      }
    }
    return answer.toBuilder().clearKvs().addAllKvs(pairs).build();
  }

  private static boolean equalTargets(
      RangeRequest request, RangeResponse answer, int left, int right) {
    return Objects.equals(
        targetOnly(request, answer.getKvs(left)), targetOnly(request, answer.getKvs(right)));
  }

  /** Without an order and without filters the limit is applied in key order, before the sort. */
  private static boolean cutAfterSort(RangeRequest request) {
    return request.getSortOrder() != SortOrder.NONE
        || request.getMinModRevision() != 0
        || request.getMaxModRevision() != 0
        || request.getMinCreateRevision() != 0
        || request.getMaxCreateRevision() != 0;
  }

  private static KeyValue targetOnly(RangeRequest request, KeyValue pair) {
    KeyValue.Builder target = KeyValue.newBuilder();
    return switch (request.getSortTarget()) {
      case VERSION -> target.setVersion(pair.getVersion()).build();
      case CREATE -> target.setCreateRevision(pair.getCreateRevision()).build();
      case MOD -> target.setModRevision(pair.getModRevision()).build();
      // With keys_only the values are gone and all entries look equal, which is as far as one sees.
      case VALUE -> target.setValue(pair.getValue()).build();
      case KEY, UNRECOGNIZED -> target.setKey(pair.getKey()).build();
    };
  }
}
