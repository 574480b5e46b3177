package dev.kvorum.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.kvorum.api.etcdserverpb.ResponseHeader;
import dev.kvorum.api.mvccpb.KeyValue;
import dev.kvorum.api.v3electionpb.CampaignRequest;
import dev.kvorum.api.v3electionpb.CampaignResponse;
import dev.kvorum.api.v3electionpb.LeaderKey;
import dev.kvorum.api.v3electionpb.LeaderRequest;
import dev.kvorum.api.v3electionpb.LeaderResponse;
import dev.kvorum.api.v3electionpb.ProclaimRequest;
import dev.kvorum.api.v3electionpb.ProclaimResponse;
import dev.kvorum.api.v3electionpb.ResignRequest;
import dev.kvorum.api.v3electionpb.ResignResponse;
import dev.kvorum.api.v3lockpb.LockRequest;
import dev.kvorum.api.v3lockpb.LockResponse;
import dev.kvorum.api.v3lockpb.UnlockRequest;
import dev.kvorum.api.v3lockpb.UnlockResponse;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.verticles.coordination.Elections;
import dev.kvorum.verticles.coordination.Entry;
import dev.kvorum.verticles.coordination.Locks;
import dev.kvorum.verticles.coordination.Reply;
import dev.kvorum.verticles.coordination.Room;
import dev.kvorum.verticles.service.ErrorTable;
import dev.kvorum.verticles.service.Service;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** {@code v3lockpb.Lock} and {@code v3electionpb.Election} (contract S11, S12). */
final class CoordinationRpcs {
  private static final String NO_LEADER_FIELD = "\"leader\" field must be provided";

  private final Answers answers;
  private final Locks locks;
  private final Elections elections;

  CoordinationRpcs(Service service, Answers answers) {
    this.answers = answers;
    locks = new Locks(service);
    elections = new Elections(service);
  }

  Map<RpcMethod, RpcHandler> handlers() {
    return Map.of(
        RpcMethods.LOCK_LOCK, this::lock,
        RpcMethods.LOCK_UNLOCK, this::unlock,
        RpcMethods.CAMPAIGN, this::campaign,
        RpcMethods.PROCLAIM, this::proclaim,
        RpcMethods.LEADER, this::leader,
        RpcMethods.OBSERVE, this::observe,
        RpcMethods.RESIGN, this::resign);
  }

  /** The member stops: whoever waits for a turn or for news is told so (contract S11.5). */
  void stop() {
    locks.stop();
    elections.stop();
  }

  private void lock(GrpcCall call, Bytes message) throws MalformedProto {
    var request = Protos.parse(LockRequest.parser(), message);
    call.onClose(
        locks.lock(
            bytes(request.getName()),
            request.getLease(),
            call.context(),
            reply -> answer(call, reply, entry -> call.reply(Protos.bytes(locked(entry))))));
  }

  private LockResponse locked(Entry entry) {
    return LockResponse.newBuilder()
        .setHeader(header(entry.revision()))
        .setKey(string(entry.key()))
        .build();
  }

  private void unlock(GrpcCall call, Bytes message) throws MalformedProto {
    var request = Protos.parse(UnlockRequest.parser(), message);
    locks.unlock(
        bytes(request.getKey()),
        call.context(),
        reply ->
            answer(
                call,
                reply,
                revision ->
                    call.reply(
                        Protos.bytes(
                            UnlockResponse.newBuilder().setHeader(header(revision)).build()))));
  }

  private void campaign(GrpcCall call, Bytes message) throws MalformedProto {
    var request = Protos.parse(CampaignRequest.parser(), message);
    call.onClose(
        elections.campaign(
            bytes(request.getName()),
            request.getLease(),
            bytes(request.getValue()),
            call.context(),
            reply ->
                answer(
                    call,
                    reply,
                    entry -> call.reply(Protos.bytes(elected(request.getName(), entry))))));
  }

  private CampaignResponse elected(ByteString name, Entry entry) {
    return CampaignResponse.newBuilder()
        .setHeader(header(entry.revision()))
        .setLeader(
            LeaderKey.newBuilder()
                .setName(name)
                .setKey(string(entry.key()))
                .setRev(entry.createRevision())
                .setLease(entry.lease()))
        .build();
  }

  private void proclaim(GrpcCall call, Bytes message) throws MalformedProto {
    var request = Protos.parse(ProclaimRequest.parser(), message);
    var leader = leader(call, request.hasLeader() ? request.getLeader() : null);
    if (leader != null) {
      elections.proclaim(
          bytes(leader.getKey()),
          leader.getRev(),
          leader.getLease(),
          bytes(request.getValue()),
          call.context(),
          reply ->
              answer(
                  call,
                  reply,
                  revision ->
                      call.reply(
                          Protos.bytes(
                              ProclaimResponse.newBuilder().setHeader(header(revision)).build()))));
    }
  }

  private void resign(GrpcCall call, Bytes message) throws MalformedProto {
    var request = Protos.parse(ResignRequest.parser(), message);
    var leader = leader(call, request.hasLeader() ? request.getLeader() : null);
    if (leader != null) {
      elections.resign(
          bytes(leader.getKey()),
          leader.getRev(),
          call.context(),
          reply ->
              answer(
                  call,
                  reply,
                  revision ->
                      call.reply(
                          Protos.bytes(
                              ResignResponse.newBuilder().setHeader(header(revision)).build()))));
    }
  }

  /** Ends the call of a request that lacks its leader. */
  private static @Nullable LeaderKey leader(GrpcCall call, @Nullable LeaderKey given) {
    if (given == null) {
      call.finish(new GrpcStatus(GrpcCode.UNKNOWN, NO_LEADER_FIELD));
    }
    return given;
  }

  private void leader(GrpcCall call, Bytes message) throws MalformedProto {
    var request = Protos.parse(LeaderRequest.parser(), message);
    elections.leader(
        bytes(request.getName()),
        call.context(),
        reply -> answer(call, reply, leader -> call.reply(Protos.bytes(message(leader)))));
  }

  private void observe(GrpcCall call, Bytes message) throws MalformedProto {
    var request = Protos.parse(LeaderRequest.parser(), message);
    call.onClose(
        elections.observe(
            bytes(request.getName()),
            call.context(),
            room(call),
            reply -> answer(call, reply, leader -> call.send(Protos.bytes(message(leader))))));
  }

  private static Room room(GrpcCall call) {
    return new Room() {
      @Override
      public boolean isWritable() {
        return call.isWritable();
      }

      @Override
      public void onDrain(Runnable action) {
        call.onDrain(action);
      }
    };
  }

  private LeaderResponse message(Elections.Leader leader) {
    var kv = leader.kv();
    return LeaderResponse.newBuilder()
        .setHeader(header(leader.revision()))
        .setKv(
            KeyValue.newBuilder()
                .setKey(string(kv.key()))
                .setCreateRevision(kv.createRevision())
                .setModRevision(kv.modRevision())
                .setVersion(kv.version())
                .setValue(string(kv.value()))
                .setLease(kv.lease()))
        .build();
  }

  private static <T> void answer(GrpcCall call, Reply<T> reply, Consumer<T> done) {
    switch (reply) {
      case Reply.Done<T> value -> done.accept(value.value());
      case Reply.Refused<T> refused -> call.finish(status(refused.failure()));
      case Reply.Impossible<T> no -> call.finish(new GrpcStatus(GrpcCode.UNKNOWN, no.text()));
    }
  }

  /** Errors keep their text and lose their code, as clients have always seen it (S11.5). */
  private static GrpcStatus status(Failure failure) {
    return switch (failure) {
      case CANCELED, DEADLINE_EXCEEDED -> GrpcStatus.of(failure);
      default -> new GrpcStatus(GrpcCode.UNKNOWN, ErrorTable.of(failure).text());
    };
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

  private static Bytes bytes(ByteString string) {
    return Bytes.wrap(string.toByteArray());
  }

  private static ByteString string(Bytes bytes) {
    return UnsafeByteOperations.unsafeWrap(bytes.asByteBuffer());
  }
}
