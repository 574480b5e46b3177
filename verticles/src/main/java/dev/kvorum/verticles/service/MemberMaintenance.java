package dev.kvorum.verticles.service;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result.AlarmMember;
import dev.kvorum.storage.mvcc.KvHash;
import dev.kvorum.verticles.bus.StoreBus;
import io.vertx.core.Context;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * The calls that concern this member: its status, its hashes, its size, its view of the cluster.
 */
final class MemberMaintenance implements Maintenance {
  private final NodeContext node;
  private final Context context;
  private final ReadRounds rounds;

  MemberMaintenance(NodeContext node, Context context, ReadRounds rounds) {
    this.node = node;
    this.context = context;
    this.rounds = rounds;
  }

  @Override
  public void status(Consumer<Status> answer) {
    var applied = node.applied();
    var raft = node.raft();
    answer.accept(
        new Status(
            applied.kv().revision(),
            EtcdVersion.SERVER,
            applied.allocatedBytes(),
            applied.inUseBytes(),
            node.limits().reportedQuotaBytes(),
            raft.leader(),
            raft.committed(),
            applied.appliedIndex(),
            raft.term(),
            errors(raft.leader(), applied.alarms()),
            raft.learner(),
            applied.clusterVersion()));
  }

  private static List<String> errors(long leader, List<AlarmMember> alarms) {
    var errors = new ArrayList<String>();
    if (leader == 0) {
      errors.add("etcdserver: no leader");
    }
    for (var alarm : alarms) {
      errors.add("memberID:" + Long.toUnsignedString(alarm.memberId()) + " alarm:" + alarm.name());
    }
    return errors;
  }

  @Override
  public void hashKv(long revision, Consumer<HashKv> answer) {
    var pinned = node.pin();
    var view = pinned.state().kv();
    var failure = revision < 0 ? null : view.refusal(revision);
    var cached = view.compactionHash(revision);
    if (failure != null || cached != null) {
      pinned.close();
      answer.accept(
          cached == null
              ? new HashKv(view.revision(), 0, 0, 0, failure)
              : hashOf(view.revision(), cached));
      return;
    }
    var began = System.nanoTime();
    node.reader()
        .run(
            () -> {
              node.writer().awaitFlushed(pinned.state().appliedIndex());
              var hash = node.reader().hash(dev.kvorum.storage.mvcc.HashKv.at(view, revision));
              pinned.close();
              node.metrics().mvcc().revisionHashed(System.nanoTime() - began);
              var answered = hashOf(node.applied().kv().revision(), hash);
              context.runOnContext(_ -> answer.accept(answered));
            });
  }

  private static HashKv hashOf(long revision, KvHash hash) {
    return new HashKv(revision, hash.hash(), hash.compactRevision(), hash.revision(), null);
  }

  /** Everything that the backend holds, for members of one kind to compare (contract S18.5). */
  @Override
  public void hash(Consumer<Hash> answer) {
    var applied = node.applied();
    var began = System.nanoTime();
    node.reader()
        .run(
            () -> {
              node.writer().awaitFlushed(applied.appliedIndex());
              var crc = new CRC32C();
              node.reader()
                  .view(
                      view -> {
                        for (var bucket : Bucket.values()) {
                          if (bucket == Bucket.META) {
                            continue;
                          }
                          crc.update(bucket.title().getBytes(StandardCharsets.UTF_8));
                          view.scan(
                              bucket,
                              Bytes.EMPTY,
                              (key, value) -> {
                                crc.update(key.sharedArray(), key.offset(), key.size());
                                crc.update(value.sharedArray(), value.offset(), value.size());
                                return true;
                              });
                        }
                      });
              node.metrics().mvcc().hashed(System.nanoTime() - began);
              var hash = new Hash(applied.kv().revision(), (int) crc.getValue());
              context.runOnContext(_ -> answer.accept(hash));
            });
  }

  @Override
  public void defragment(Runnable answer) {
    context
        .owner()
        .eventBus()
        .<Object>request(StoreBus.DEFRAGMENT, new StoreBus.Defragment())
        .onComplete(_ -> answer.run());
  }

  @Override
  public void members(boolean linearizable, CallContext call, Consumer<Members> answer) {
    if (call.requireLeader() && node.raft().leader() == 0) {
      answer.accept(new Members(List.of(), Failure.NO_LEADER));
      return;
    }
    if (!linearizable) {
      answer.accept(new Members(node.applied().members(), null));
      return;
    }
    DeadlineAnswer.within(
        context,
        call,
        new Members(List.of(), Failure.DEADLINE_EXCEEDED),
        answer,
        first ->
            rounds.await(
                failure ->
                    first.accept(
                        failure == null
                            ? new Members(node.applied().members(), null)
                            : new Members(List.of(), failure))));
  }
}
