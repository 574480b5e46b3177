package dev.kvorum.verticles;

import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import dev.kvorum.verticles.service.EtcdVersion;
import dev.kvorum.verticles.service.FrontEnd;
import dev.kvorum.verticles.service.NodeContext;
import dev.kvorum.verticles.stage.AutoCompaction;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a member does of its own accord: it publishes its name and client URLs through the log
 * (contract S14.7), decides the cluster version (S16.2), raises its space alarm (S17.3) and
 * compacts automatically (S8).
 *
 * <p>Deployed when the first two are done: then everything committed before this start is applied,
 * and clients may be served.
 */
public final class MembershipVerticle extends VerticleBase {
  private static final Logger LOGGER = LoggerFactory.getLogger(MembershipVerticle.class);
  private static final long RETRY_MILLIS = 5;

  /** The front end of this verticle among the node's; edges have the numbers from 1 on. */
  private static final int LOOP = 0;

  private final NodeContext node;
  private final String name;
  private final List<String> clientUrls;
  private final @Nullable AutoCompaction autoCompaction;
  private @Nullable FrontEnd frontEnd;

  /** Somebody asked for the space alarm before it could be proposed. */
  private volatile boolean noSpaceWanted;

  /**
   * @param autoCompaction null to keep all history
   */
  public MembershipVerticle(
      NodeContext node,
      String name,
      List<String> clientUrls,
      @Nullable AutoCompaction autoCompaction) {
    this.node = node;
    this.name = name;
    this.clientUrls = List.copyOf(clientUrls);
    this.autoCompaction = autoCompaction;
  }

  @Override
  public Future<?> start() {
    frontEnd = new FrontEnd(node, context, LOOP);
    var publish = new Command.PublishMember(node.identity().memberId(), name, clientUrls);
    return propose(publish)
        .compose(
            _ -> {
              LOGGER
                  .atInfo()
                  .addKeyValue("local-member-id", Long.toHexString(node.identity().memberId()))
                  .addKeyValue("local-member-attributes", name + " " + clientUrls)
                  .addKeyValue("cluster-id", Long.toHexString(node.identity().clusterId()))
                  .log("published local member to cluster through raft");
              return decideVersion();
            })
        .onSuccess(
            _ -> {
              raiseWantedAlarm();
              startAutoCompaction();
            });
  }

  private Future<?> decideVersion() {
    if (node.applied().clusterVersion().equals(EtcdVersion.CLUSTER)) {
      return Future.succeededFuture();
    }
    return propose(new Command.SetClusterVersion(EtcdVersion.CLUSTER))
        .onSuccess(
            _ ->
                LOGGER
                    .atInfo()
                    .addKeyValue("cluster-version", EtcdVersion.CLUSTER)
                    .log("updated cluster version"));
  }

  /** Proposes until the log has it; there may be no leader yet. */
  private Future<Result> propose(Command command) {
    var done = Promise.<Result>promise();
    attempt(command, done);
    return done.future();
  }

  private void attempt(Command command, Promise<Result> done) {
    frontEnd()
        .propose(
            command,
            result -> {
              if (!(result instanceof Result.Failed failed)) {
                done.complete(result);
              } else if (failed.failure() == Failure.STOPPED
                  || failed.failure() == Failure.MEMBER_NOT_FOUND) {
                done.fail("the member cannot publish itself: " + failed.failure());
              } else {
                vertx.setTimer(RETRY_MILLIS, _ -> attempt(command, done));
              }
            });
  }

  private FrontEnd frontEnd() {
    if (frontEnd == null) {
      throw new IllegalStateException("not started");
    }
    return frontEnd;
  }

  /** Raises this member's space alarm, as soon as it can be proposed. Any thread may call. */
  public void raiseNoSpace() {
    noSpaceWanted = true;
    var loop = context;
    if (loop != null) {
      loop.runOnContext(_ -> raiseWantedAlarm());
    }
  }

  private void raiseWantedAlarm() {
    if (noSpaceWanted && frontEnd != null) {
      noSpaceWanted = false;
      frontEnd.raiseNoSpace();
    }
  }

  private void startAutoCompaction() {
    if (autoCompaction != null) {
      rest(autoCompaction);
    }
  }

  /**
   * Waits one interval. The pause begins when the last compaction has ended, as the schedule counts
   * from there; a fixed rhythm would find each period a moment too short and skip a beat.
   */
  private void rest(AutoCompaction schedule) {
    var millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(schedule.intervalNanos()));
    vertx.setTimer(millis, _ -> wake(schedule));
  }

  private void wake(AutoCompaction schedule) {
    var revision = node.applied().kv().revision();
    var due = schedule.wake(System.nanoTime(), revision, node.raft().leading());
    if (due.isEmpty()) {
      rest(schedule);
      return;
    }
    var target = due.getAsLong();
    LOGGER
        .atInfo()
        .addKeyValue("revision", target)
        .log("starting auto " + schedule.mode() + " compaction");
    frontEnd()
        .propose(
            new Command.Compact(target, false),
            result -> {
              compacted(schedule, target, result);
              rest(schedule);
            });
  }

  private static void compacted(AutoCompaction schedule, long revision, Result result) {
    var done = !(result instanceof Result.Failed failed) || failed.failure() == Failure.COMPACTED;
    if (done) {
      schedule.succeeded(System.nanoTime(), revision);
      LOGGER
          .atInfo()
          .addKeyValue("revision", revision)
          .log("completed auto " + schedule.mode() + " compaction");
    } else {
      LOGGER
          .atWarn()
          .addKeyValue("revision", revision)
          .addKeyValue("error", result)
          .log("failed auto " + schedule.mode() + " compaction");
    }
  }

  @Override
  public Future<?> stop() {
    if (frontEnd != null) {
      frontEnd.stop();
    }
    return Future.succeededFuture();
  }
}
