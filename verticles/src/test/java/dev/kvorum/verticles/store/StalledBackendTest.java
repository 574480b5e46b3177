package dev.kvorum.verticles.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.stage.RaftStatus;
import dev.kvorum.raft.verticle.NodeGuard;
import dev.kvorum.raft.verticle.RaftBus;
import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.backend.BackendFullException;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.backend.memory.MemoryBackend;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.membership.Alarms;
import dev.kvorum.storage.membership.Members;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.CommandCodec;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.storage.state.LoadedState;
import dev.kvorum.storage.state.StateMachine;
import dev.kvorum.verticles.bus.LeaseBus;
import dev.kvorum.verticles.bus.StoreBus;
import dev.kvorum.verticles.bus.WatchBus;
import dev.kvorum.verticles.metrics.NodeMetrics;
import dev.kvorum.verticles.metrics.NodeState;
import dev.kvorum.verticles.service.CallContext;
import dev.kvorum.verticles.service.FrontEnd;
import dev.kvorum.verticles.service.Ledger;
import dev.kvorum.verticles.service.NodeContext;
import dev.kvorum.verticles.service.Service;
import dev.kvorum.verticles.service.ServiceLimits;
import dev.kvorum.verticles.stage.StoreStage;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The backend stands still in the middle of a commit: who waits for it, and who does not. */
final class StalledBackendTest {
  private static final int LIFE = 7;
  private static final int LOOP = 1;
  private static final long MEMBER = 1;
  private static final long PATIENCE_SECONDS = 60;
  private static final int VALUE_BYTES = 10_000;

  /** About 100 puts. */
  private static final long MOST_TAIL_BYTES = 100 * VALUE_BYTES;

  private final Vertx vertx = Vertx.vertx();
  private final StalledBackend backend = new StalledBackend();
  private final BlockingQueue<Throwable> faults = new LinkedBlockingQueue<>();
  private final BlockingQueue<Long> flushed = new LinkedBlockingQueue<>();
  private final Ledger ledger = new Ledger(1 << 30, 1 << 30, MOST_TAIL_BYTES, 1 << 20);
  private final RecordMemory memory = new RecordMemory(ledger);
  private final RecordReader reader = new RecordReader(backend, memory, faults::add);
  private final BackendWriter writer = new BackendWriter(backend, 1, new Heard());
  private long lastIndex = 1;
  private final NodeContext node;
  private final StoreVerticle store;
  private final Context context;
  private final FrontEnd front;

  StalledBackendTest() throws Exception {
    var bus = vertx.eventBus();
    RaftBus.register(bus);
    StoreBus.register(bus);
    LeaseBus.register(bus);
    WatchBus.register(bus);
    // A lone voter whose disk is fast: what is proposed is committed.
    bus.<RaftBus.Proposals>localConsumer(
        RaftBus.PROPOSE,
        message -> {
          var entries = new ArrayList<Entry>();
          for (var envelope : message.body().envelopes()) {
            entries.add(new Entry(1, ++lastIndex, Entry.Type.COMMAND, envelope));
          }
          bus.send(RaftBus.COMMITTED, new RaftBus.Committed(entries));
        });
    var kv = new MvccStore(IndexMemory.onHeap());
    var machine =
        new StateMachine(
            new LoadedState(kv.meta(1, 1), kv, new LeaseTable(), new Alarms(), new Members(), ""),
            Long.MAX_VALUE);
    node =
        new NodeContext(
            new Service.Identity(1, MEMBER),
            LIFE,
            new ServiceLimits(128, 1 << 20, 0, TimeUnit.SECONDS.toNanos(2 * PATIENCE_SECONDS), 2),
            ledger,
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
    store =
        new StoreVerticle(
            new StoreStage(machine, memory, _ -> true, LIFE, Membership.ofVoters(List.of(MEMBER))),
            node,
            () -> {},
            new Guard());
    vertx.deployVerticle(store).toCompletionStage().toCompletableFuture().get();
    context = vertx.getOrCreateContext();
    var built = new CompletableFuture<FrontEnd>();
    context.runOnContext(_ -> built.complete(new FrontEnd(node, context, LOOP)));
    front = built.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    writer.start();
  }

  @AfterEach
  void close() throws Exception {
    backend.goOn.countDown();
    writer.close();
    reader.close();
    vertx.close().toCompletionStage().toCompletableFuture().get();
    assertThat(faults).isEmpty();
  }

  @Test
  void putsAreAnsweredWithoutTheBackendUntilTheTailIsFullAndAgainWhenItGoesOn() throws Exception {
    assertThat(put(0)).isInstanceOf(Result.Put.class);
    assertThat(backend.stalled.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();

    var answered = 1;
    Result last = put(1);
    while (last instanceof Result.Put) {
      answered++;
      last = put(answered);
    }
    assertThat(last).isEqualTo(new Result.Failed(Failure.TOO_MANY_REQUESTS));
    // All that room was used, and not more than one put beyond it.
    assertThat(answered).isGreaterThan(90);
    assertThat(memory.tailBytes()).isBetween(MOST_TAIL_BYTES, MOST_TAIL_BYTES + 2 * VALUE_BYTES);
    assertThat(flushed).isEmpty();

    backend.goOn.countDown();
    var position = 0L;
    while (position < answered + 1) {
      var next = flushed.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(next).as("the writer goes on").isNotNull();
      position = next;
    }
    assertThat(memory.tailBytes()).isZero();
    assertThat(put(answered)).isEqualTo(new Result.Put(answered + 2L, null));
  }

  private Result put(int number) throws Exception {
    var command =
        new Command.Put(
            Bytes.utf8("key " + number), Bytes.wrap(new byte[VALUE_BYTES]), 0, false, false, false);
    var answer = new CompletableFuture<Result>();
    context.runOnContext(
        _ ->
            front.call(command, CommandCodec.encode(command), CallContext.PLAIN, answer::complete));
    return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** Stands still in its first commit. */
  private static final class StalledBackend implements Backend {
    private final MemoryBackend memory = new MemoryBackend();
    private final CountDownLatch stalled = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    @Override
    public void commit(WriteBatch batch) {
      stalled.countDown();
      try {
        goOn.await();
      } catch (InterruptedException interrupt) {
        throw new IllegalStateException(interrupt);
      }
      memory.commit(batch);
    }

    @Override
    public void sync() {
      memory.sync();
    }

    @Override
    public ReadView openReadView() {
      return memory.openReadView();
    }

    @Override
    public long sizeOnDiskBytes() {
      return 0;
    }

    @Override
    public void close() {
      memory.close();
    }
  }

  private final class Guard implements NodeGuard {
    @Override
    public void halt(String why, Throwable cause) {
      faults.add(cause);
    }
  }

  private final class Heard implements BackendWriter.Listener {
    @Override
    public void flushed(List<Revision> records, long appliedIndex, long tookNanos) {
      records.forEach(memory::flushed);
      store.flushed();
      flushed.add(appliedIndex);
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
