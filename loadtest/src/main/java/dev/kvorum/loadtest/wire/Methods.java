package dev.kvorum.loadtest.wire;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.kvorum.api.etcdserverpb.AlarmRequest;
import dev.kvorum.api.etcdserverpb.AlarmResponse;
import dev.kvorum.api.etcdserverpb.CompactionRequest;
import dev.kvorum.api.etcdserverpb.CompactionResponse;
import dev.kvorum.api.etcdserverpb.DefragmentRequest;
import dev.kvorum.api.etcdserverpb.DefragmentResponse;
import dev.kvorum.api.etcdserverpb.DeleteRangeRequest;
import dev.kvorum.api.etcdserverpb.DeleteRangeResponse;
import dev.kvorum.api.etcdserverpb.HashKVRequest;
import dev.kvorum.api.etcdserverpb.HashKVResponse;
import dev.kvorum.api.etcdserverpb.HashRequest;
import dev.kvorum.api.etcdserverpb.HashResponse;
import dev.kvorum.api.etcdserverpb.LeaseGrantRequest;
import dev.kvorum.api.etcdserverpb.LeaseGrantResponse;
import dev.kvorum.api.etcdserverpb.LeaseLeasesRequest;
import dev.kvorum.api.etcdserverpb.LeaseLeasesResponse;
import dev.kvorum.api.etcdserverpb.LeaseRevokeRequest;
import dev.kvorum.api.etcdserverpb.LeaseRevokeResponse;
import dev.kvorum.api.etcdserverpb.LeaseTimeToLiveRequest;
import dev.kvorum.api.etcdserverpb.LeaseTimeToLiveResponse;
import dev.kvorum.api.etcdserverpb.MemberListRequest;
import dev.kvorum.api.etcdserverpb.MemberListResponse;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.PutResponse;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.api.etcdserverpb.RangeResponse;
import dev.kvorum.api.etcdserverpb.StatusRequest;
import dev.kvorum.api.etcdserverpb.StatusResponse;
import dev.kvorum.api.etcdserverpb.TxnRequest;
import dev.kvorum.api.etcdserverpb.TxnResponse;

/** The unary methods that the tools and tests call. */
public final class Methods {
  public static final Method<RangeRequest, RangeResponse> RANGE =
      keyValue("Range", RangeRequest.class, RangeResponse.parser());
  public static final Method<PutRequest, PutResponse> PUT =
      keyValue("Put", PutRequest.class, PutResponse.parser());
  public static final Method<DeleteRangeRequest, DeleteRangeResponse> DELETE_RANGE =
      keyValue("DeleteRange", DeleteRangeRequest.class, DeleteRangeResponse.parser());
  public static final Method<TxnRequest, TxnResponse> TXN =
      keyValue("Txn", TxnRequest.class, TxnResponse.parser());
  public static final Method<CompactionRequest, CompactionResponse> COMPACT =
      keyValue("Compact", CompactionRequest.class, CompactionResponse.parser());

  public static final Method<StatusRequest, StatusResponse> STATUS =
      maintenance("Status", StatusRequest.class, StatusResponse.parser());
  public static final Method<AlarmRequest, AlarmResponse> ALARM =
      maintenance("Alarm", AlarmRequest.class, AlarmResponse.parser());
  public static final Method<DefragmentRequest, DefragmentResponse> DEFRAGMENT =
      maintenance("Defragment", DefragmentRequest.class, DefragmentResponse.parser());
  public static final Method<HashRequest, HashResponse> HASH =
      maintenance("Hash", HashRequest.class, HashResponse.parser());
  public static final Method<HashKVRequest, HashKVResponse> HASH_KV =
      maintenance("HashKV", HashKVRequest.class, HashKVResponse.parser());

  public static final Method<LeaseGrantRequest, LeaseGrantResponse> LEASE_GRANT =
      lease("LeaseGrant", LeaseGrantRequest.class, LeaseGrantResponse.parser());
  public static final Method<LeaseRevokeRequest, LeaseRevokeResponse> LEASE_REVOKE =
      lease("LeaseRevoke", LeaseRevokeRequest.class, LeaseRevokeResponse.parser());
  public static final Method<LeaseTimeToLiveRequest, LeaseTimeToLiveResponse> LEASE_TIME_TO_LIVE =
      lease("LeaseTimeToLive", LeaseTimeToLiveRequest.class, LeaseTimeToLiveResponse.parser());
  public static final Method<LeaseLeasesRequest, LeaseLeasesResponse> LEASE_LEASES =
      lease("LeaseLeases", LeaseLeasesRequest.class, LeaseLeasesResponse.parser());

  public static final Method<MemberListRequest, MemberListResponse> MEMBER_LIST =
      new Method<>(
          "etcdserverpb.Cluster/MemberList", MemberListRequest.class, MemberListResponse.parser());

  private Methods() {}

  private static <Q extends Message, A extends Message> Method<Q, A> keyValue(
      String name, Class<Q> request, Parser<A> parser) {
    return new Method<>("etcdserverpb.KV/" + name, request, parser);
  }

  private static <Q extends Message, A extends Message> Method<Q, A> lease(
      String name, Class<Q> request, Parser<A> parser) {
    return new Method<>("etcdserverpb.Lease/" + name, request, parser);
  }

  private static <Q extends Message, A extends Message> Method<Q, A> maintenance(
      String name, Class<Q> request, Parser<A> parser) {
    return new Method<>("etcdserverpb.Maintenance/" + name, request, parser);
  }
}
