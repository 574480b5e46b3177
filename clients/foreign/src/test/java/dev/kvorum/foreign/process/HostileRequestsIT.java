package dev.kvorum.foreign.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.api.etcdserverpb.RequestOp;
import dev.kvorum.api.etcdserverpb.TxnRequest;
import dev.kvorum.foreign.Node;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.GrpcReply;
import dev.kvorum.loadtest.wire.Methods;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Requests that nobody sends by mistake: each gets a clear answer, and the connection and the
 * server go on. The client has one connection, and every test ends with a call on it.
 */
class HostileRequestsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final ByteString KEY = ByteString.copyFromUtf8("k");
  private static final int OK = 0;
  private static final int INVALID_ARGUMENT = 3;
  private static final int RESOURCE_EXHAUSTED = 8;
  private static final int INTERNAL = 13;

  /** The largest message that the default server reads (contract S21.1). */
  private static final int MOST_BYTES = 1_572_864 + 524_288;

  private static Node node;

  @BeforeAll
  static void start() throws Exception {
    node = Node.kvorum();
    var put = PutRequest.newBuilder().setKey(KEY).build();
    node.client().await(Methods.PUT, put, PATIENCE);
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @AfterEach
  void theConnectionGoesOn() throws Exception {
    var range = RangeRequest.newBuilder().setKey(KEY).build();
    assertThat(node.client().await(Methods.RANGE, range, PATIENCE).getCount()).isEqualTo(1);
  }

  @Test
  void twoMegabytesOfEmptyOperationsAreTooMany() throws Exception {
    byte[] empties = new byte[MOST_BYTES];
    for (int at = 0; at < empties.length; at += 2) {
      empties[at] = TxnRequest.SUCCESS_FIELD_NUMBER << 3 | 2;
    }
    GrpcReply reply = call("etcdserverpb.KV/Txn", ByteString.copyFrom(empties));
    assertThat(reply.code()).isEqualTo(INVALID_ARGUMENT);
    assertThat(reply.message()).isEqualTo("etcdserver: too many operations in txn request");
  }

  @Test
  void aMessageAboveTheLimitIsRefusedBeforeItIsRead() throws Exception {
    GrpcReply reply = call("etcdserverpb.KV/Put", ByteString.copyFrom(new byte[MOST_BYTES + 1]));
    assertThat(reply.code()).isEqualTo(RESOURCE_EXHAUSTED);
    assertThat(reply.message()).startsWith("grpc: received message larger than max");
  }

  @Test
  void extremeLimitsAndRevisionsAreNumbersLikeOthers() throws Exception {
    for (long limit : new long[] {Long.MAX_VALUE, Long.MIN_VALUE, -1, Integer.MAX_VALUE + 1L}) {
      var range =
          RangeRequest.newBuilder()
              .setKey(ByteString.copyFrom(new byte[1]))
              .setRangeEnd(ByteString.copyFrom(new byte[1]))
              .setLimit(limit)
              .setRevision(Math.min(limit, 0))
              .setMaxModRevision(Long.MAX_VALUE)
              .setMinCreateRevision(Long.MIN_VALUE)
              .build();
      var found = node.client().await(Methods.RANGE, range, PATIENCE);
      assertThat(found.getKvsCount()).as("limit %d", limit).isEqualTo(1);
      assertThat(found.getMore()).isFalse();
      GrpcReply streamed =
          call(
              "etcdserverpb.KV/RangeStream",
              range.toBuilder()
                  .clearMaxModRevision()
                  .clearMinCreateRevision()
                  .build()
                  .toByteString());
      assertThat(streamed.code()).as("streamed with limit %d", limit).isEqualTo(OK);
    }
    var future = RangeRequest.newBuilder().setKey(KEY).setRevision(Long.MAX_VALUE).build();
    assertThat(call("etcdserverpb.KV/Range", future.toByteString()).message())
        .isEqualTo("etcdserver: mvcc: required revision is a future revision");
  }

  /** A stack must not end where a message does not. */
  @Test
  void deepNestingIsRefused() throws Exception {
    TxnRequest nested = TxnRequest.getDefaultInstance();
    for (int depth = 0; depth < 60; depth++) {
      nested =
          TxnRequest.newBuilder().addSuccess(RequestOp.newBuilder().setRequestTxn(nested)).build();
    }
    assertThat(call("etcdserverpb.KV/Txn", deep(100_000)).code()).isEqualTo(INTERNAL);
    GrpcReply allowed = call("etcdserverpb.KV/Txn", nested.toByteString());
    assertThat(allowed.code()).isIn(OK, INTERNAL);
  }

  /** Transactions in transactions, written from the inside out: each level is two lengths. */
  private static ByteString deep(int levels) throws IOException {
    byte[] back = new byte[MOST_BYTES];
    int from = back.length;
    for (int level = 0; level < levels && from > 32; level++) {
      for (int field :
          new int[] {RequestOp.REQUEST_TXN_FIELD_NUMBER, TxnRequest.SUCCESS_FIELD_NUMBER}) {
        int size = back.length - from;
        int width = CodedOutputStream.computeUInt32SizeNoTag(size);
        from -= width;
        CodedOutputStream.newInstance(back, from, width).writeUInt32NoTag(size);
        back[--from] = (byte) (field << 3 | 2);
      }
    }
    return ByteString.copyFrom(Arrays.copyOfRange(back, from, back.length));
  }

  private static GrpcReply call(String method, ByteString message) throws Exception {
    return GrpcClient.await(node.client().call(method, message), PATIENCE);
  }
}
