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
        .onSuccess(_ -> startAutoCompaction());
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

  /** Raises this member's space alarm. Any thread may call. */
  public void raiseNoSpace() {
    context.runOnContext(_ -> frontEnd().raiseNoSpace());
  }

  private void startAutoCompaction() {
    if (autoCompaction == null) {
      return;
    }
    LOGGER.atInfo().log("starting auto " + autoCompaction.mode() + " compaction");
    var millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(autoCompaction.intervalNanos()));
    vertx.setPeriodic(millis, _ -> wake(autoCompaction));
  }

  private void wake(AutoCompaction schedule) {
    var due =
        schedule.wake(System.nanoTime(), node.applied().kv().revision(), node.raft().leading());
    if (due.isPresent()) {
      var revision = due.getAsLong();
      frontEnd()
          .propose(
              new Command.Compact(revision, false),
              result -> compacted(schedule, revision, result));
    }
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
