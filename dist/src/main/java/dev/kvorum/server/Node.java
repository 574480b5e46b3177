package dev.kvorum.server;

import dev.kvorum.grpc.GrpcLimits;
import dev.kvorum.http.HttpEdge;
import dev.kvorum.http.HttpSettings;
import dev.kvorum.http.NodeView;
import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.stage.RaftStage;
import dev.kvorum.raft.verticle.FlightRecorder;
import dev.kvorum.raft.verticle.RaftBus;
import dev.kvorum.raft.verticle.RaftVerticle;
import dev.kvorum.server.boot.BootFindings;
import dev.kvorum.server.boot.Founding;
import dev.kvorum.server.boot.MemberBoot;
import dev.kvorum.server.boot.OpenedMember;
import dev.kvorum.server.boot.RaftStart;
import dev.kvorum.server.config.CompactionRetention;
import dev.kvorum.server.config.ConfigException;
import dev.kvorum.server.config.MemberConfig;
import dev.kvorum.server.config.ServerConfig;
import dev.kvorum.server.config.Url;
import dev.kvorum.storage.backend.BackendFullException;
import dev.kvorum.storage.checkpoint.CheckpointRule;
import dev.kvorum.storage.journal.disk.DiskFault;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.identity.FailureMark;
import dev.kvorum.storage.journal.snapshot.Snapshots;
import dev.kvorum.storage.membership.MemberIds;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Member;
import dev.kvorum.storage.model.Result.AlarmMember;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.storage.state.StateMachine;
import dev.kvorum.storage.watch.WatchHub;
import dev.kvorum.storage.watch.WatchSizes;
import dev.kvorum.verticles.MembershipVerticle;
import dev.kvorum.verticles.lease.LeaseVerticle;
import dev.kvorum.verticles.metrics.NodeMetrics;
import dev.kvorum.verticles.metrics.NodeState;
import dev.kvorum.verticles.service.EtcdVersion;
import dev.kvorum.verticles.service.Ledger;
import dev.kvorum.verticles.service.NodeContext;
import dev.kvorum.verticles.service.Service;
import dev.kvorum.verticles.service.ServiceLimits;
import dev.kvorum.verticles.stage.AutoCompaction;
import dev.kvorum.verticles.stage.LeaseStage;
import dev.kvorum.verticles.stage.StoreStage;
import dev.kvorum.verticles.store.BackendWriter;
import dev.kvorum.verticles.store.CheckpointVerticle;
import dev.kvorum.verticles.store.Pins;
import dev.kvorum.verticles.store.RecordMemory;
import dev.kvorum.verticles.store.RecordReader;
import dev.kvorum.verticles.store.SnapshotVerticle;
import dev.kvorum.verticles.store.SpaceVerticle;
import dev.kvorum.verticles.store.StoreVerticle;
import dev.kvorum.verticles.store.TimedApplies;
import dev.kvorum.verticles.watch.WatchVerticle;
import io.vertx.core.Deployable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One member, running: its files, its machines in their stages, the stages in their verticles, and
 * the order in which all of it starts and stops.
 */
final class Node {
  private static final Logger LOGGER = LoggerFactory.getLogger(Node.class);

  private final Loops loops;
  private final Vertx vertx;
  private final HaltingGuard guard;
  private final OpenedMember member;
  private final List<String> deployments = new ArrayList<>();

  /** The ways in: stopped first and together, each may wait a moment for running calls. */
  private final List<String> edges = new ArrayList<>();

  /** From here on a read that is cut off is no fault. */
  private volatile boolean stopping;

  private @Nullable StoreVerticle store;
  private @Nullable BackendWriter writer;
  private @Nullable RecordReader reader;
  private volatile @Nullable NodeContext context;

  private Node(OpenedMember member, Loops loops, FlightRecorder recorder) {
    this.member = member;
    this.loops = loops;
    guard =
        new HaltingGuard(
            recorder,
            member.directory().data().resolve("quarantine"),
            this::leaveFailureMark,
            this::dropCheckpoint);
    vertx = loops.vertx();
  }

  /**
   * Starts a node and returns when it serves.
   *
   * @param ready is told each client address, as {@code host:port}, once it answers
   * @throws Exception when the node cannot start; nothing of it runs then
   */
  static Node start(ServerConfig config, Consumer<String> ready) throws Exception {
    for (var url : config.member().listenClientUrls()) {
      if (url.isSecure()) {
        throw new ConfigException("TLS is not supported yet: listen on http instead of " + url);
      }
    }
    var placement = Placement.of(Runtime.getRuntime().availableProcessors());
    var loops = new Loops(placement);
    var member = open(config, loops);
    if (member.identity().unsafe()) {
      LOGGER
          .atWarn()
          .addKeyValue("data-dir", config.member().dataDirectory())
          .log("syncs do nothing (--unsafe-no-fsync): a crash may lose what was acknowledged");
    }
    LOGGER
        .atInfo()
        .addKeyValue("event-loops", placement.loops())
        .addKeyValue("front-ends", placement.frontEnds())
        .log("placing verticles");
    var recorder = new FlightRecorder();
    var node = new Node(member, loops, recorder);
    try {
      node.run(config, placement, recorder).forEach(ready);
      return node;
    } catch (Exception failed) {
      node.stop();
      throw failed;
    }
  }

  private static OpenedMember open(ServerConfig config, Loops loops) throws Exception {
    try {
      return MemberBoot.open(
          config.member().dataDirectory(),
          config.member().walDirectory(),
          config.member().syncing(),
          () -> founding(config),
          loops::vertx);
    } catch (Exception | Error failed) {
      loops.close();
      throw failed;
    }
  }

  private static Founding founding(ServerConfig config) throws ConfigException {
    var cluster = config.cluster();
    var own = config.member();
    if (own.clusterState() == MemberConfig.ClusterState.EXISTING) {
      throw new ConfigException(
          "joining an existing cluster is not supported yet: --initial-cluster-state=existing");
    }
    var founders = config.founders().members();
    if (founders.size() > 1) {
      throw new ConfigException(
          "clusters of more than one member are not supported yet: "
              + "--initial-cluster names "
              + founders.size());
    }
    var peerUrls = Url.texts(own.advertisePeerUrls());
    var memberId = MemberIds.ofFoundingMember(peerUrls, cluster.initialClusterToken());
    var clusterId = MemberIds.ofCluster(List.of(memberId));
    // The name comes with the member's own publication, as for every member (contract S14.7).
    var member = new Member(memberId, "", peerUrls, List.of(), false);
    return new Founding(clusterId, memberId, own.name(), List.of(member));
  }

  /** Deploys everything, the way in last, and returns the client addresses. */
  private List<String> run(ServerConfig config, Placement placement, FlightRecorder recorder)
      throws Exception {
    var cluster = config.cluster();
    // Two members have different origins but for a chance of 2^-24; lives of one always do.
    var life = (int) (member.identity().memberId() * 31 + member.identity().incarnation());
    var limits =
        new ServiceLimits(
            cluster.maxTxnOps(),
            cluster.maxRequestBytes(),
            cluster.quotaBackendBytes(),
            cluster.requestTimeout().toNanos(),
            cluster.minLeaseTtl().toSeconds());
    var raft = RaftStart.stage(member, cluster.electionTicks(), config.member().snapshotCount());
    var machine = new StateMachine(member.state(), limits.effectiveQuotaBytes());
    var context = context(limits, life, machine, raft);
    var membership =
        new MembershipVerticle(
            context,
            config.member().name(),
            Url.texts(config.member().advertiseClientUrls()),
            autoCompaction(cluster.compactionRetention(), machine.kv().revision()));
    var leaseStage =
        new LeaseStage(cluster.electionTimeout().toNanos(), cluster.leaseCheckpoints());
    leaseStage.load(machine.leases(), LeaseVerticle.nowNanos());
    var leases = new LeaseVerticle(context, leaseStage, placement.leaseLoop(), guard);
    var stage =
        new StoreStage(
            machine,
            context.memory(),
            revision ->
                context.pins().allowsRemovalAt(revision) && context.writer().hasRoomForRemovals(),
            life,
            Membership.ofVoters(List.of(member.identity().memberId())),
            new TimedApplies(context.metrics().server(), config.member().warnApply()),
            StoreStage.SLICE_KEYS,
            StoreStage.MOST_EVENTS_TOLD);
    store = new StoreVerticle(stage, context, membership::raiseNoSpace, guard);
    deploy(store);
    context.writer().start();
    deploy(leases);
    var hub =
        new WatchHub(
            machine.kv().revision(),
            context.memory()::find,
            WatchSizes.ofMember(cluster.maxRequestBytes(), mostWatchResponseBytes()));
    deploy(
        new WatchVerticle(context, hub, config.member().watchProgressInterval().toNanos(), guard));
    deploy(
        new SnapshotVerticle(
            context, member.backend(), member.snapshots(), Bytes.EMPTY, this::stateStoreFailed));
    deploy(
        new CheckpointVerticle(
            context,
            member.checkpoints(),
            new CheckpointRule(member.checkpointRevision(), CheckpointRule.Limits.SERVER),
            this::stateStoreFailed));
    deploy(
        new RaftVerticle(
            raft,
            member.journal(),
            new TimedDisk(member.directory().logDisk(), context.metrics().disk()::walSynced),
            cluster.heartbeatInterval().toMillis(),
            status -> {
              context.publish(status);
              leases.raftChanged(status);
            },
            context.metrics().loops()::ticked,
            membership::raiseNoSpace,
            guard,
            recorder));
    deploy(new SpaceVerticle(member.directory().logDisk(), membership::raiseNoSpace));
    if (member.directory().roots().size() > 1) {
      deploy(new SpaceVerticle(member.directory().dataDisk(), membership::raiseNoSpace));
    }
    deploy(new HeapVerticle());
    deploy(new PeerVerticle(config.member().listenPeerUrls(), view(context)));
    deploy(membership);
    var addresses = openClientPorts(config, placement, context);
    context.metrics().loops().startIsOver();
    return addresses;
  }

  private NodeContext context(
      ServiceLimits limits, int life, StateMachine machine, RaftStage raft) {
    var identity =
        new Service.Identity(member.identity().clusterId(), member.identity().memberId());
    var ledger = Ledger.forHeap(Runtime.getRuntime().maxMemory());
    var memory = new RecordMemory(ledger);
    reader = new RecordReader(member.backend(), memory, this::stateStoreFailed);
    writer = new BackendWriter(member.backend(), machine.appliedIndex(), new WriterListener());
    var labels =
        new NodeMetrics.NodeLabels(
            identity.memberId(),
            EtcdVersion.SERVER,
            Runtime.version().toString(),
            limits.reportedQuotaBytes());
    var metrics = new NodeMetrics(labels, this::gauges, false);
    member.findings().forEach(each -> metrics.disk().found(BootFindings.kind(each)));
    metrics.disk().unsafe(member.identity().unsafe());
    var built =
        new NodeContext(
            identity,
            life,
            limits,
            ledger,
            memory,
            reader,
            writer,
            new Pins(),
            metrics,
            machine.state(),
            raft.status());
    context = built;
    return built;
  }

  private NodeState gauges() {
    return context == null ? NodeState.UNKNOWN : context.gauges();
  }

  /** A watch whose client wants all of a revision in one message may need that much of the heap. */
  private static int mostWatchResponseBytes() {
    return (int) Math.clamp(Runtime.getRuntime().maxMemory() / 4, 64L << 20, 1L << 30);
  }

  private static @Nullable AutoCompaction autoCompaction(
      CompactionRetention retention, long revision) {
    return switch (retention) {
      case CompactionRetention.Everything _ -> null;
      case CompactionRetention.Period period ->
          new AutoCompaction.Periodic(period.period().toNanos(), System.nanoTime(), revision);
      case CompactionRetention.Revisions revisions ->
          new AutoCompaction.ByRevision(revisions.count());
    };
  }

  private List<String> openClientPorts(
      ServerConfig config, Placement placement, NodeContext context) throws Exception {
    var limits =
        new GrpcLimits(
            config.cluster().maxRequestBytes(),
            config.member().maxConcurrentStreams(),
            GrpcLimits.DEFAULT.maxHeaderBytes(),
            GrpcLimits.DEFAULT.keepAliveMinTime(),
            GrpcLimits.DEFAULT.keepAliveInterval(),
            GrpcLimits.DEFAULT.keepAliveTimeout(),
            config.cluster().electionTimeout());
    var settings = HttpSettings.open(config.cluster().requestTimeout());
    var rpcs = new MeteredRpcs(context.metrics().rpc());
    var addresses = List.<String>of();
    for (var loop = 1; loop <= placement.frontEnds(); loop++) {
      var edge =
          new EdgeVerticle(
              context,
              loop,
              config.member().listenClientUrls(),
              limits,
              rpcs,
              config.member().warnUnaryCall(),
              service -> new HttpEdge(vertx, settings, service, view(context), context.metrics()));
      edges.add(deployed(edge));
      if (loop == 1) {
        addresses = edge.addresses();
      }
    }
    return addresses;
  }

  private static NodeView view(NodeContext context) {
    return new NodeView() {
      @Override
      public List<AlarmMember> alarms() {
        return context.applied().alarms();
      }

      @Override
      public long leader() {
        return context.raft().leader();
      }

      @Override
      public String clusterVersion() {
        return context.applied().clusterVersion();
      }

      @Override
      public List<Member> members() {
        return context.applied().members();
      }

      @Override
      public long clusterId() {
        return context.identity().clusterId();
      }
    };
  }

  private void deploy(Deployable verticle) throws Exception {
    deployments.add(deployed(verticle));
  }

  private String deployed(Deployable verticle) throws Exception {
    try {
      return vertx.deployVerticle(verticle).toCompletionStage().toCompletableFuture().get();
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof Exception cause ? cause : failed;
    }
  }

  /**
   * What was synced is known only if it is the journal's own loop that stops here: while another
   * one does, the journal goes on and may acknowledge more.
   */
  private boolean leaveFailureMark(DiskFault fault) {
    var durableBatch =
        fault.path().startsWith(Snapshots.DIRECTORY) ? 0 : member.journal().durableBatch();
    return FailureMark.leave(member.directory().roots(), Instant.now(), durableBatch);
  }

  /** Whatever is wrong, the next start looks at every record and makes the index of them. */
  private void dropCheckpoint() {
    try {
      member.checkpoints().drop();
    } catch (DiskFaultException fault) {
      LOGGER.warn("the index checkpoint could not be deleted", fault);
    }
  }

  /** The engine cannot be used any more. The next start will find that out and rebuild it. */
  private void stateStoreFailed(Throwable fault) {
    if (stopping) {
      return;
    }
    var why =
        fault instanceof DiskFaultException
            ? "the disk failed"
            : "the state store failed; the next start checks it and rebuilds it";
    guard.halt(why, fault);
  }

  /**
   * Stops serving, flushes and closes everything; returns when that is done. The way in closes
   * first and the disk last, so that every answer that was promised can still be given.
   */
  void stop() {
    stopping = true;
    Future.join(edges.stream().map(vertx::undeploy).toList())
        .toCompletionStage()
        .exceptionally(_ -> null)
        .toCompletableFuture()
        .join();
    for (var i = deployments.size() - 1; i >= 0; i--) {
      join(deployments.get(i));
    }
    if (writer != null) {
      writer.close();
    }
    if (reader != null) {
      reader.close();
    }
    loops.close();
    member.close();
  }

  private void join(String deployment) {
    vertx.undeploy(deployment).toCompletionStage().toCompletableFuture().join();
  }

  /** Carries what the backend's thread has done to the loops that wait for it. */
  private final class WriterListener implements BackendWriter.Listener {
    @Override
    public void flushed(List<Revision> records, long appliedIndex, long tookNanos) {
      if (context != null) {
        context.metrics().disk().backendCommitted(tookNanos);
        records.forEach(context.memory()::flushed);
      }
      if (store != null) {
        store.flushed();
      }
    }

    @Override
    public void synced(StoreMeta meta) {
      vertx.eventBus().send(RaftBus.SYNCED, new RaftBus.StateSynced(meta.appliedIndex()));
    }

    @Override
    public void spaceMissing(BackendFullException full) {
      LOGGER
          .atError()
          .addKeyValue("error", full.getMessage())
          .log("no space for the state store; it waits, and the journal keeps what was written");
    }

    @Override
    public void spaceFound() {
      LOGGER.info("the state store has space again and catches up");
    }

    @Override
    public void failed(Throwable fault) {
      stateStoreFailed(fault);
    }
  }
}
