package dev.kvorum.grpc;

import dev.kvorum.api.etcdserverpb.DefragmentRequest;
import dev.kvorum.api.etcdserverpb.DefragmentResponse;
import dev.kvorum.api.etcdserverpb.DowngradeInfo;
import dev.kvorum.api.etcdserverpb.HashKVRequest;
import dev.kvorum.api.etcdserverpb.HashKVResponse;
import dev.kvorum.api.etcdserverpb.HashRequest;
import dev.kvorum.api.etcdserverpb.HashResponse;
import dev.kvorum.api.etcdserverpb.Member;
import dev.kvorum.api.etcdserverpb.MemberListRequest;
import dev.kvorum.api.etcdserverpb.MemberListResponse;
import dev.kvorum.api.etcdserverpb.ResponseHeader;
import dev.kvorum.api.etcdserverpb.StatusRequest;
import dev.kvorum.api.etcdserverpb.StatusResponse;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.CommandCodec;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.verticles.service.Maintenance;
import dev.kvorum.verticles.service.Service;
import java.util.Map;

/** {@code etcdserverpb.Maintenance} and {@code etcdserverpb.Cluster}, as far as they are served. */
final class MaintenanceRpcs {
  private final Service service;
  private final Answers answers;

  MaintenanceRpcs(Service service, Answers answers) {
    this.service = service;
    this.answers = answers;
  }

  Map<RpcMethod, RpcHandler> handlers() {
    return Map.of(
        RpcMethods.ALARM, this::alarm,
        RpcMethods.STATUS, this::status,
        RpcMethods.DEFRAGMENT, this::defragment,
        RpcMethods.HASH, this::hash,
        RpcMethods.HASH_KV, this::hashKv,
        RpcMethods.MEMBER_LIST, this::memberList);
  }

  private void alarm(GrpcCall call, Bytes message) throws MalformedProto {
    service.call(
        CommandCodec.decodeAlarm(message),
        message,
        call.context(),
        result -> answers.answer(call, result));
  }

  private void status(GrpcCall call, Bytes message) throws MalformedProto {
    Protos.parse(StatusRequest.parser(), message);
    service.maintenance().status(status -> call.reply(Protos.bytes(message(status))));
  }

  private StatusResponse message(Maintenance.Status status) {
    return StatusResponse.newBuilder()
        .setHeader(header(status.revision()))
        .setVersion(status.version())
        .setDbSize(status.dbSizeBytes())
        .setDbSizeInUse(status.dbSizeInUseBytes())
        .setDbSizeQuota(status.dbSizeQuotaBytes())
        .setLeader(status.leader())
        .setRaftIndex(status.raftIndex())
        .setRaftAppliedIndex(status.raftAppliedIndex())
        .setRaftTerm(status.raftTerm())
        .addAllErrors(status.errors())
        .setIsLearner(status.learner())
        .setStorageVersion(status.storageVersion())
        .setDowngradeInfo(DowngradeInfo.getDefaultInstance())
        .build();
  }

  /** The answer has no header (contract S17.5). */
  private void defragment(GrpcCall call, Bytes message) throws MalformedProto {
    Protos.parse(DefragmentRequest.parser(), message);
    service
        .maintenance()
        .defragment(() -> call.reply(Protos.bytes(DefragmentResponse.getDefaultInstance())));
  }

  private void hash(GrpcCall call, Bytes message) throws MalformedProto {
    Protos.parse(HashRequest.parser(), message);
    service
        .maintenance()
        .hash(
            hash ->
                call.reply(
                    Protos.bytes(
                        HashResponse.newBuilder()
                            .setHeader(header(hash.revision()))
                            .setHash(hash.hash())
                            .build())));
  }

  private void hashKv(GrpcCall call, Bytes message) throws MalformedProto {
    var request = Protos.parse(HashKVRequest.parser(), message);
    service.maintenance().hashKv(request.getRevision(), hash -> answer(call, hash));
  }

  private void answer(GrpcCall call, Maintenance.HashKv hash) {
    var failure = hash.failure();
    if (failure != null) {
      call.finish(GrpcStatus.of(failure));
      return;
    }
    call.reply(
        Protos.bytes(
            HashKVResponse.newBuilder()
                .setHeader(header(hash.revision()))
                .setHash(hash.hash())
                .setCompactRevision(hash.compactRevision())
                .setHashRevision(hash.hashRevision())
                .build()));
  }

  private void memberList(GrpcCall call, Bytes message) throws MalformedProto {
    var request = Protos.parse(MemberListRequest.parser(), message);
    service
        .maintenance()
        .members(request.getLinearizable(), call.context(), members -> answer(call, members));
  }

  private void answer(GrpcCall call, Maintenance.Members members) {
    var failure = members.failure();
    if (failure != null) {
      call.finish(GrpcStatus.of(failure));
      return;
    }
    // Answers about members carry no revision (contract S20.2).
    var response = MemberListResponse.newBuilder().setHeader(header(0));
    for (var member : members.members()) {
      response.addMembers(
          Member.newBuilder()
              .setID(member.id())
              .setName(member.name())
              .addAllPeerURLs(member.peerUrls())
              .addAllClientURLs(member.clientUrls())
              .setIsLearner(member.learner()));
    }
    call.reply(Protos.bytes(response.build()));
  }

  private ResponseHeader header(long revision) {
    var origin = answers.origin();
    return ResponseHeader.newBuilder()
        .setClusterId(origin.clusterId())
        .setMemberId(origin.memberId())
        .setRevision(revision)
        .setRaftTerm(origin.raftTerm())
        .build();
  }
}
