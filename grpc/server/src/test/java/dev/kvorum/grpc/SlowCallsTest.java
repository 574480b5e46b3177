package dev.kvorum.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.CompactionRequest;
import dev.kvorum.api.etcdserverpb.DeleteRangeRequest;
import dev.kvorum.api.etcdserverpb.DeleteRangeResponse;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.PutResponse;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.api.etcdserverpb.RangeResponse;
import dev.kvorum.api.etcdserverpb.RequestOp;
import dev.kvorum.api.etcdserverpb.ResponseHeader;
import dev.kvorum.api.etcdserverpb.TxnRequest;
import dev.kvorum.api.etcdserverpb.TxnResponse;
import dev.kvorum.api.mvccpb.KeyValue;
import dev.kvorum.storage.model.Bytes;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What the line about a slow call says (contract S21.8); an integration test reads a real line. */
class SlowCallsTest {
  private static final ByteString KEY = ByteString.copyFromUtf8("a");
  private static final ByteString SECRET = ByteString.copyFromUtf8("secret");
  private static final ResponseHeader HEADER = ResponseHeader.newBuilder().setRevision(7).build();
  private static final PutRequest PUT =
      PutRequest.newBuilder().setKey(KEY).setValue(SECRET).build();

  @Test
  void onlyWhatTakesLongerThanExpectedIsSlow() {
    var slow = new SlowCalls(Duration.ofMillis(300));
    assertThat(slow.isSlow(300_000_000)).isFalse();
    assertThat(slow.isSlow(300_000_001)).isTrue();
  }

  @Test
  void aRangeCountsWhatItFound() {
    var request = Protos.bytes(RangeRequest.newBuilder().setKey(KEY).setLimit(1).build());
    var response =
        Protos.bytes(
            RangeResponse.newBuilder()
                .setHeader(HEADER)
                .addKvs(KeyValue.newBuilder().setKey(KEY).setValue(SECRET))
                .setMore(true)
                .setCount(12)
                .build());
    assertThat(SlowCalls.sizes(RpcMethods.RANGE, request, response, response.size()))
        .isEqualTo(
            new SlowCalls.Sizes(0, request.size(), 12, response.size(), "key:\"a\" limit:1"));
  }

  @Test
  void aPutIsOneRequestAndShowsTheSizeOfItsValueAlone() {
    var request = Protos.bytes(PUT);
    var response = Protos.bytes(PutResponse.newBuilder().setHeader(HEADER).build());
    assertThat(SlowCalls.sizes(RpcMethods.PUT, request, response, response.size()))
        .isEqualTo(
            new SlowCalls.Sizes(1, request.size(), 0, response.size(), "key:\"a\" value_size:6"));
  }

  @Test
  void aDeleteCountsWhatItDeleted() {
    var request = Protos.bytes(DeleteRangeRequest.newBuilder().setKey(KEY).build());
    var response = Protos.bytes(DeleteRangeResponse.newBuilder().setDeleted(3).build());
    assertThat(SlowCalls.sizes(RpcMethods.DELETE_RANGE, request, response, response.size()))
        .isEqualTo(new SlowCalls.Sizes(0, request.size(), 3, response.size(), "key:\"a\""));
  }

  @Test
  void aTransactionCountsTheOperationsOfTheBranchThatRan() {
    var put = RequestOp.newBuilder().setRequestPut(PUT);
    var request =
        Protos.bytes(
            TxnRequest.newBuilder().addSuccess(put).addSuccess(put).addFailure(put).build());
    var succeeded = Protos.bytes(TxnResponse.newBuilder().setSucceeded(true).build());
    assertThat(SlowCalls.sizes(RpcMethods.TXN, request, succeeded, succeeded.size()).requestCount())
        .isEqualTo(2);
    var sizes = SlowCalls.sizes(RpcMethods.TXN, request, null, 0);
    assertThat(sizes.requestCount()).isEqualTo(1);
    assertThat(sizes.responseSize()).isZero();
    assertThat(sizes.content()).contains("value_size:6").doesNotContain("secret");
  }

  @Test
  void otherMethodsAndUnreadableRequestsHaveNoSizes() {
    var unknown = new SlowCalls.Sizes(-1, -1, -1, -1, "");
    var compaction = Protos.bytes(CompactionRequest.newBuilder().setRevision(1).build());
    assertThat(SlowCalls.sizes(RpcMethods.COMPACT, compaction, null, 0)).isEqualTo(unknown);
    assertThat(SlowCalls.sizes(RpcMethods.PUT, Bytes.hex("ff"), null, 0)).isEqualTo(unknown);
  }
}
