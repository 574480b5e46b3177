package dev.kvorum.verticles.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.raft.stage.RaftStatus;
import dev.kvorum.raft.verticle.NodeGuard;
import dev.kvorum.storage.backend.memory.MemoryBackend;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.membership.Alarms;
import dev.kvorum.storage.membership.Members;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.Records;
import dev.kvorum.storage.state.LoadedState;
import dev.kvorum.storage.state.StateMachine;
import dev.kvorum.storage.watch.WatchEffect;
import dev.kvorum.storage.watch.WatchHub;
import dev.kvorum.storage.watch.WatchRequest;
import dev.kvorum.storage.watch.WatchSizes;
import dev.kvorum.verticles.bus.WatchBus;
import dev.kvorum.verticles.metrics.NodeMetrics;
import dev.kvorum.verticles.metrics.NodeState;
import dev.kvorum.verticles.service.Ledger;
import dev.kvorum.verticles.service.NodeContext;
import dev.kvorum.verticles.service.Service;
import dev.kvorum.verticles.service.ServiceLimits;
import dev.kvorum.verticles.service.UnheardWriter;
import dev.kvorum.verticles.store.BackendWriter;
import dev.kvorum.verticles.store.Pins;
import dev.kvorum.verticles.store.RecordMemory;
import dev.kvorum.verticles.store.RecordReader;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The watches' loop on a real event loop; the test plays the store and a front end. */
class WatchVerticleTest {
  private static final int FRONT = 3;
  private static final long STREAM = WatchBus.stream(FRONT, 1);
  private static final long PATIENCE_SECONDS = 60;
  private static final int REVISIONS = 2_000;

  /** One revision a chunk, so that a catch-up has very many of them. */
  private static final WatchSizes SMALL =
      new WatchSizes(1_000, 1 << 20, 1 << 20, 1, 1 << 20, 100_000, 1 << 20, 100, 1 << 20);

  /** One loop for all, as on a small machine. */
  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));

  private final MemoryBackend backend = new MemoryBackend();
  private final Ledger ledger = new Ledger(8 << 20, 8 << 20, 8 << 20, 1 << 20);
  private final RecordMemory memory = new RecordMemory(ledger);
  private final BlockingQueue<Throwable> faults = new LinkedBlockingQueue<>();
  private final RecordReader reader = new RecordReader(backend, memory, faults::add);
  private final StateMachine machine = machine();
  private final NodeContext node = node();
  private final BlockingQueue<WatchBus.Heard> heard = new LinkedBlockingQueue<>();
  private final BlockingQueue<WatchEffect.Send> sent = new LinkedBlockingQueue<>();

  /** How many ticks of a timer there were before each message of the verticle. */
  private final List<Integer> ticksAtMessages = new CopyOnWriteArrayList<>();

  private final AtomicInteger ticks = new AtomicInteger();

  private static StateMachine machine() {
    var kv = new MvccStore(IndexMemory.onHeap());
    return new StateMachine(
        new LoadedState(kv.meta(1, 1), kv, new LeaseTable(), new Alarms(), new Members(), ""),
        Long.MAX_VALUE);
  }

  private NodeContext node() {
    return new NodeContext(
        new Service.Identity(1, 5),
        7,
        new ServiceLimits(128, 1 << 20, -1, 1_000_000_000, 2),
        ledger,
        memory,
        reader,
        new BackendWriter(backend, 1, new UnheardWriter()),
        new Pins(),
        new NodeMetrics(
            new NodeMetrics.NodeLabels(5, "3.7.1", "java25", 1), () -> NodeState.UNKNOWN, false),
        machine.state(),
        new RaftStatus(5, 2, 5, 1, false, true));
  }

  @BeforeEach
  void start() throws Exception {
    WatchBus.register(vertx.eventBus());
    vertx
        .eventBus()
        .<WatchBus.Heard>localConsumer(WatchBus.heard(FRONT), each -> heard.add(each.body()));
    vertx
        .eventBus()
        .<WatchBus.Messages>localConsumer(
            WatchBus.messages(FRONT),
            each -> {
              ticksAtMessages.add(ticks.get());
              sent.addAll(each.body().messages());
            });
    var hub = new WatchHub(machine.kv().revision(), memory::find, SMALL);
    NodeGuard guard =
        new NodeGuard() {
          @Override
          public void halt(String reason, Throwable fault) {
            faults.add(fault);
          }
        };
    await(vertx.deployVerticle(new WatchVerticle(node, hub, Long.MAX_VALUE / 4, guard)));
  }

  @AfterEach
  void stop() throws Exception {
    await(vertx.close());
    reader.close();
    assertThat(faults).isEmpty();
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private void say(WatchBus.Word... words) {
    vertx.eventBus().send(WatchBus.SAID, new WatchBus.Said(FRONT, List.of(words)));
  }

  private WatchBus.Requested watch(long fromRevision) {
    var create =
        new WatchRequest.Create(
            Bytes.utf8("k"), Bytes.EMPTY, fromRevision, false, false, false, false, 0, false);
    return new WatchBus.Requested(STREAM, create, node.applied().kv().revision());
  }

  /** A front end reads no further when too much of what a stream asked was not heard. */
  @Test
  void everyTurnThatAskedIsToldThatItWasHeard() throws Exception {
    say(new WatchBus.Opened(STREAM));
    say(watch(0), watch(0));
    say(new WatchBus.Taken(STREAM, 1));
    say(watch(0));

    for (var turn = 0; turn < 2; turn++) {
      assertThat(heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isNotNull();
    }
    while (sent.size() < 3) {
      await(vertx.timer(1));
    }
    assertThat(heard).as("what asked nothing is not answered").isEmpty();
  }

  /** A catch-up asks for chunk after chunk, and the loop has other things to do meanwhile. */
  @Test
  void aLongCatchUpLetsTimersThrough() throws Exception {
    var events = new ArrayList<Event>();
    for (var revision = 0; revision < REVISIONS; revision++) {
      var put = new Command.Put(Bytes.utf8("k"), Bytes.utf8("v"), 0, false, false, false);
      var outcome = machine.apply(machine.appliedIndex() + 1, 1, put, Records.NONE);
      events.addAll(outcome.events());
    }
    node.publish(machine.state());
    vertx.eventBus().send(WatchBus.HAPPENED, new WatchBus.Happened(events));
    vertx.setPeriodic(1, _ -> ticks.incrementAndGet());
    say(new WatchBus.Opened(STREAM), watch(2));

    var got = 0;
    while (got < REVISIONS) {
      var next = sent.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(next).as("event %d", got).isNotNull();
      got += next.eventCount();
    }
    // As mere tasks the chunks take a second before anything else has its turn.
    assertThat(new TreeSet<>(ticksAtMessages)).hasSizeGreaterThan(10);
  }
}
