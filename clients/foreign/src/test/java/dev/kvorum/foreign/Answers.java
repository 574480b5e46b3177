package dev.kvorum.foreign;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.kvorum.api.etcdserverpb.CompactionResponse;
import dev.kvorum.api.etcdserverpb.DeleteRangeResponse;
import dev.kvorum.api.etcdserverpb.HashKVResponse;
import dev.kvorum.api.etcdserverpb.LeaseGrantResponse;
import dev.kvorum.api.etcdserverpb.LeaseKeepAliveResponse;
import dev.kvorum.api.etcdserverpb.LeaseLeasesResponse;
import dev.kvorum.api.etcdserverpb.LeaseRevokeResponse;
import dev.kvorum.api.etcdserverpb.LeaseTimeToLiveResponse;
import dev.kvorum.api.etcdserverpb.PutResponse;
import dev.kvorum.api.etcdserverpb.RangeResponse;
import dev.kvorum.api.etcdserverpb.RangeStreamResponse;
import dev.kvorum.api.etcdserverpb.ResponseHeader;
import dev.kvorum.api.etcdserverpb.TxnResponse;
import dev.kvorum.loadtest.wire.GrpcReply;
import java.util.List;

/** Reads answers of any method and removes what differs from server to server. */
public final class Answers {
  private Answers() {}

  /**
   * The answer of a call that succeeded, with the ids and the term of its header cleared; the
   * messages of a stream are joined into the unary answer that they amount to.
   */
  public static Message comparable(String method, GrpcReply reply)
      throws InvalidProtocolBufferException {
    if (method.equals("etcdserverpb.KV/RangeStream")) {
      return withoutIds(joined(reply.messages()));
    }
    if (reply.messages().size() != 1) {
      throw new InvalidProtocolBufferException(reply.messages().size() + " messages");
    }
    return withoutIds(parser(method).parseFrom(reply.messages().getFirst()));
  }

  /** What clients make of a stream of chunks: all entries, and the rest from the last. */
  private static RangeResponse joined(List<ByteString> chunks)
      throws InvalidProtocolBufferException {
    RangeResponse.Builder whole = RangeResponse.newBuilder();
    for (ByteString chunk : chunks) {
      whole.mergeFrom(RangeStreamResponse.parseFrom(chunk).getRangeResponse());
    }
    return whole.build();
  }

  private static Message withoutIds(Message answer) {
    FieldDescriptor header = answer.getDescriptorForType().findFieldByName("header");
    if (!answer.hasField(header)) {
      return answer;
    }
    ResponseHeader.Builder cleared = ((ResponseHeader) answer.getField(header)).toBuilder();
    cleared.clearClusterId().clearMemberId().clearRaftTerm();
    return answer.toBuilder().setField(header, cleared.build()).build();
  }

  private static Parser<? extends Message> parser(String method) {
    return switch (method) {
      case "etcdserverpb.KV/Range" -> RangeResponse.parser();
      case "etcdserverpb.KV/Put" -> PutResponse.parser();
      case "etcdserverpb.KV/DeleteRange" -> DeleteRangeResponse.parser();
      case "etcdserverpb.KV/Txn" -> TxnResponse.parser();
      case "etcdserverpb.KV/Compact" -> CompactionResponse.parser();
      case "etcdserverpb.Maintenance/HashKV" -> HashKVResponse.parser();
      case "etcdserverpb.Lease/LeaseGrant" -> LeaseGrantResponse.parser();
      case "etcdserverpb.Lease/LeaseRevoke" -> LeaseRevokeResponse.parser();
      case "etcdserverpb.Lease/LeaseKeepAlive" -> LeaseKeepAliveResponse.parser();
      case "etcdserverpb.Lease/LeaseTimeToLive" -> LeaseTimeToLiveResponse.parser();
      case "etcdserverpb.Lease/LeaseLeases" -> LeaseLeasesResponse.parser();
      default -> throw new IllegalArgumentException("unexpected method " + method);
    };
  }
}
