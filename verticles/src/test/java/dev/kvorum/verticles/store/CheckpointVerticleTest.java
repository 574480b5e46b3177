package dev.kvorum.verticles.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.stage.RaftStatus;
import dev.kvorum.raft.verticle.RaftBus;
import dev.kvorum.storage.backend.BackendFullException;
import dev.kvorum.storage.backend.memory.MemoryBackend;
import dev.kvorum.storage.checkpoint.Checkpoint;
import dev.kvorum.storage.checkpoint.CheckpointRule;
import dev.kvorum.storage.checkpoint.Checkpoints;
import dev.kvorum.storage.index.IndexEntry;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.Owner;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.disk.ForwardingDisk;
import dev.kvorum.storage.journal.disk.MemoryDisk;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.membership.Alarms;
import dev.kvorum.storage.membership.Members;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.CommandCodec;
import dev.kvorum.storage.model.Envelope;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.IndexMisfitException;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.storage.state.LoadListener;
import dev.kvorum.storage.state.LoadedState;
import dev.kvorum.storage.state.StateMachine;
import dev.kvorum.verticles.bus.LeaseBus;
import dev.kvorum.verticles.bus.StoreBus;
import dev.kvorum.verticles.bus.WatchBus;
import dev.kvorum.verticles.metrics.NodeMetrics;
import dev.kvorum.verticles.metrics.NodeState;
import dev.kvorum.verticles.service.Ledger;
import dev.kvorum.verticles.service.NodeContext;
import dev.kvorum.verticles.service.Service;
import dev.kvorum.verticles.service.ServiceLimits;
import dev.kvorum.verticles.stage.StoreStage;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A store's loop, its backend's thread, and the checkpoint that is written beside both. */
final class CheckpointVerticleTest {
  private static final int LIFE = 7;
  private static final long MEMBER = 1;
  private static final long PATIENCE_SECONDS = 60;
  private static final int RECORDS = 3_000;
  private static final long LEASE = 7;
  private static final Owner OWNER = new Owner(1, MEMBER);
  private static final CheckpointRule.Limits LIMITS = new CheckpointRule.Limits(RECORDS, 0, 0);

  private final Vertx vertx = Vertx.vertx();
  private final MemoryBackend backend = new MemoryBackend();
  private final BlockingQueue<Throwable> faults = new LinkedBlockingQueue<>();
  private final RecordMemory memory =
      new RecordMemory(new Ledger(1 << 30, 1 << 30, 1 << 30, 1 << 20));
  private final RecordReader reader = new RecordReader(backend, memory, faults::add);
  private final BackendWriter writer = new BackendWriter(backend, 1, new Heard());
  private final WatchedDisk disk = new WatchedDisk();
  private final List<Entry> log = new ArrayList<>();
  private final StateMachine machine;
  private final NodeContext node;
  private final String checkpointing;
  private int sent;

  CheckpointVerticleTest() throws Exception {
    var bus = vertx.eventBus();
    RaftBus.register(bus);
    StoreBus.register(bus);
    LeaseBus.register(bus);
    WatchBus.register(bus);
    var kv = new MvccStore(IndexMemory.onHeap());
    machine =
        new StateMachine(
            new LoadedState(kv.meta(1, 1), kv, new LeaseTable(), new Alarms(), new Members(), ""),
            Long.MAX_VALUE);
    node =
        new NodeContext(
            new Service.Identity(1, MEMBER),
            LIFE,
            new ServiceLimits(128, 1 << 20, 0, TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS), 2),
            new Ledger(1 << 30, 1 << 30, 1 << 30, 1 << 20),
            memory,
            reader,
            writer,
            new Pins(),
            new NodeMetrics(
                new NodeMetrics.NodeLabels(MEMBER, "3.7.1", "java25", 0),
                () -> NodeState.UNKNOWN,
                false),
            machine.state(),
            new RaftStatus(MEMBER, 1, MEMBER, 1, false, true));
    var store =
        new StoreVerticle(
            new StoreStage(machine, memory, _ -> true, LIFE, Membership.ofVoters(List.of(MEMBER))),
            node,
            () -> {},
            (_, cause) -> faults.add(cause));
    vertx.deployVerticle(store).await();
    checkpointing =
        vertx
            .deployVerticle(
                new CheckpointVerticle(
                    node, new Checkpoints(disk, OWNER), new CheckpointRule(0, LIMITS), faults::add))
            .await();
    writer.start();
  }

  @AfterEach
  void close() {
    vertx.undeploy(checkpointing).await();
    writer.close();
    reader.close();
    vertx.close().await();
    assertThat(faults).isEmpty();
  }

  @Test
  void theIndexIsSavedWhenEnoughWasWrittenAndAStartTakesItBack() throws Exception {
    commit(new Command.LeaseGrant(LEASE, 600));
    for (var i = 0; i < RECORDS; i++) {
      commit(put(i, i % 2 == 0 ? LEASE : 0));
    }
    send();
    var checkpoint = awaitCheckpoint();
    // The checkpoint is of before these.
    for (var i = 0; i < 10; i++) {
      commit(put(i, 0));
    }
    send();
    writer.awaitFlushed(1 + log.size());

    var loaded = LoadedState.open(backend, IndexMemory.onHeap(), checkpoint, new NoRefusal());
    assertThat(loaded.kv().view().records()).as("records that were read").isLessThan(RECORDS);
    assertThat(loaded.leases().attachedKeys(LEASE)).hasSize(RECORDS / 2 - 5);
    assertThat(entries(loaded.kv()))
        .hasSize(RECORDS)
        .isEqualTo(entries(LoadedState.open(backend, IndexMemory.onHeap()).kv()));
  }

  /** It would say neither all of what the compaction removed nor nothing. */
  @Test
  void aCompactionFromBeforeTheCopyEndsACheckpointAndTheNextOneIsGood() throws Exception {
    var atHeader = disk.stopAtWrite(0);
    putAndSend(RECORDS);
    atHeader.await();
    commitAndFlush(new Command.Compact(RECORDS - 10, false));
    atHeader.open();
    awaitGoodCheckpoint();
    assertThat(disk.begun).as("checkpoints").hasValueGreaterThan(1);
  }

  @Test
  void aCompactionThatBeginsDuringTheCopyWaitsForItsEnd() throws Exception {
    var copying = stopWhileCopying();
    commitAndFlush(new Command.Compact(RECORDS - 10, false));
    assertThat(machine.kv().compaction()).as("under way").isNotNull();
    copying.open();
    awaitGoodCheckpoint();
    assertThat(disk.begun).as("checkpoints").hasValue(1);
  }

  @Test
  void aCompactionBeyondTheCopyEndsIt() throws Exception {
    var copying = stopWhileCopying();
    commit(put(0, 0));
    commitAndFlush(new Command.Compact(RECORDS + 2, false));
    copying.open();
    awaitGoodCheckpoint();
    assertThat(disk.begun).as("checkpoints").hasValueGreaterThan(1);
  }

  /** Its tombstones are written in parts, and until the last one the pages do not say all. */
  @Test
  void aDeleteOfEverythingIsCopiedWithTheTombstonesThatItHasByThen() throws Exception {
    var atHeader = disk.stopAtWrite(0);
    putAndSend(RECORDS);
    atHeader.await();
    commit(new Command.DeleteRange(Bytes.utf8("key "), Bytes.utf8("key!"), false));
    send();
    awaitRevision(RECORDS + 2);
    atHeader.open();
    awaitGoodCheckpoint();
  }

  /** Until a change has taken effect, be its records written or not. */
  private void awaitRevision(long revision) {
    var deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (node.applied().kv().revision() < revision) {
      assertThat(System.nanoTime() - deadline).as("late by").isNegative();
      Thread.onSpinWait();
    }
  }

  /** Puts so much that it takes two frames, and stops the checkpoint of all of it at the first. */
  private Gate stopWhileCopying() throws Exception {
    var atHeader = disk.stopAtWrite(0);
    var atFirstPages = disk.stopAtWrite(1);
    putAndSend(RECORDS);
    atHeader.await();
    writer.awaitFlushed(1 + log.size());
    atHeader.open();
    atFirstPages.await();
    return atFirstPages;
  }

  private void putAndSend(int count) {
    for (var i = 0; i < count; i++) {
      commit(put(i, 0));
    }
    send();
  }

  private void commitAndFlush(Command command) throws Exception {
    commit(command);
    send();
    writer.awaitFlushed(1 + log.size());
  }

  /**
   * One that has got its place, and from which a start makes the index that the records make.
   *
   * <p>The checkpoint may know of a compaction's end that the backend has yet to hear of: it is the
   * last thing that the compaction writes, and has the index of a command that was flushed before.
   * A start at this moment would refuse the checkpoint and read every record. Once the backend
   * shows a later command it shows that, too.
   */
  private void awaitGoodCheckpoint() throws Exception {
    var checkpoint = awaitCheckpoint();
    commitAndFlush(put(RECORDS, 0));
    var loaded = LoadedState.open(backend, IndexMemory.onHeap(), checkpoint, new NoRefusal());
    assertThat(entries(loaded.kv()))
        .isEqualTo(entries(LoadedState.open(backend, IndexMemory.onHeap()).kv()));
  }

  /** The first one that has got its place. */
  private Checkpoint awaitCheckpoint() throws Exception {
    var found = disk.adopted.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    return Objects.requireNonNull(new Checkpoints(found, OWNER).read(IndexMemory.onHeap()));
  }

  private static List<IndexEntry> entries(MvccStore kv) {
    var entries = new ArrayList<IndexEntry>();
    kv.view().index().scan(new KeyRange(Bytes.EMPTY, null), kv.revision(), entries::add);
    return entries;
  }

  /** Keys that share little, so that all of them need more than one frame. */
  private static Command.Put put(int number, long lease) {
    var random = new SplittableRandom(number);
    var key = "key " + number;
    for (var i = 0; i < 6; i++) {
      key += Long.toHexString(random.nextLong());
    }
    return new Command.Put(Bytes.utf8(key), Bytes.utf8("value"), lease, false, false, false);
  }

  private void commit(Command command) {
    var envelope =
        new Envelope(Envelope.Kind.of(command), 0, "", 0, CommandCodec.encode(command)).encode();
    log.add(new Entry(1, 2 + log.size(), Entry.Type.COMMAND, envelope));
    if (log.size() % 100 == 0) {
      send();
    }
  }

  private void send() {
    var entries = List.copyOf(log.subList(sent, log.size()));
    sent = log.size();
    vertx.eventBus().send(RaftBus.COMMITTED, new RaftBus.Committed(entries));
  }

  /** Where somebody waits until the test lets it go on. */
  private static final class Gate {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch opened = new CountDownLatch(1);

    void await() throws InterruptedException {
      assertThat(reached.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    void open() {
      opened.countDown();
    }

    /** Whoever opens it may first have to wait for something else, as long as a test waits. */
    void pass() {
      reached.countDown();
      try {
        assertThat(opened.await(2 * PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException impossible) {
        throw new AssertionError(impossible);
      }
    }
  }

  /** Tells when a checkpoint has got its place, and stops the first one where it is told to. */
  private static final class WatchedDisk extends ForwardingDisk {
    private final MemoryDisk files;

    /** The files when the first checkpoint had got its place: the next one may be on its way. */
    private final CompletableFuture<MemoryDisk> adopted = new CompletableFuture<>();

    private final AtomicInteger begun = new AtomicInteger();
    private final Map<Integer, Gate> gates = new ConcurrentHashMap<>();
    private int writes;

    WatchedDisk() {
      this(new MemoryDisk(Runnable::run));
    }

    private WatchedDisk(MemoryDisk files) {
      super(files);
      this.files = files;
    }

    /** Before the frame of that number: 0 is the header, 1 the first pages. */
    Gate stopAtWrite(int number) {
      return gates.computeIfAbsent(number, _ -> new Gate());
    }

    @Override
    public void perform(List<DiskOperation> operations) throws DiskFaultException {
      if (operations.getFirst() instanceof DiskOperation.Write write) {
        if (write.offset() == 0) {
          begun.incrementAndGet();
          writes = 0;
        }
        var gate = gates.get(writes++);
        if (gate != null) {
          gate.pass();
        }
      }
      super.perform(operations);
      if (operations.getFirst() instanceof DiskOperation.Rename) {
        adopted.complete(copy());
      }
    }

    private MemoryDisk copy() {
      var copy = new MemoryDisk(Runnable::run);
      files.files().forEach(copy::put);
      return copy;
    }
  }

  private static final class NoRefusal implements LoadListener {
    @Override
    public void misfit(IndexMisfitException misfit) {
      throw new AssertionError(misfit);
    }

    @Override
    public void records(long count) {
      throw new AssertionError("all records are read");
    }
  }

  private final class Heard implements BackendWriter.Listener {
    @Override
    public void flushed(List<Revision> records, long appliedIndex, long tookNanos) {
      records.forEach(memory::flushed);
    }

    @Override
    public void synced(StoreMeta meta) {}

    @Override
    public void spaceMissing(BackendFullException full) {}

    @Override
    public void spaceFound() {}

    @Override
    public void failed(Throwable fault) {
      faults.add(fault);
    }
  }
}
