package dev.kvorum.verticles.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.raft.stage.RaftStatus;
import dev.kvorum.raft.verticle.RaftBus;
import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.backend.memory.MemoryBackend;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.membership.Alarms;
import dev.kvorum.storage.membership.Members;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.model.ProtoReader;
import dev.kvorum.storage.model.RangeMessage;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.Records;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.storage.mvcc.Write;
import dev.kvorum.storage.state.LoadedState;
import dev.kvorum.storage.state.StateMachine;
import dev.kvorum.verticles.bus.StoreBus;
import dev.kvorum.verticles.metrics.NodeMetrics;
import dev.kvorum.verticles.metrics.NodeState;
import dev.kvorum.verticles.service.Ledger.Account;
import dev.kvorum.verticles.store.BackendWriter;
import dev.kvorum.verticles.store.MemoryForTests;
import dev.kvorum.verticles.store.Pins;
import dev.kvorum.verticles.store.RecordMemory;
import dev.kvorum.verticles.store.RecordReader;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Long answers on a real loop and real threads, from a store whose records the test places. */
class LongReadsTest {
  private static final long PATIENCE_SECONDS = 60;
  private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(2 * PATIENCE_SECONDS);
  private static final int KEYS = 3_000;
  private static final int VALUE_BYTES = 1_000;

  /** What one answer of small records reserves. */
  private static final long ONE_ANSWER_BYTES = 6L * LongReads.PIECE_BYTES;

  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();
  private final RacingBackend backend = new RacingBackend();
  private final Ledger ledger = new Ledger(8 << 20, ONE_ANSWER_BYTES * 3 / 2, 8 << 20, 0);
  private final RecordMemory memory = new RecordMemory(ledger);
  private final BlockingQueue<Throwable> faults = new LinkedBlockingQueue<>();
  private final RecordReader reader = new RecordReader(backend, memory, faults::add);
  private final Pins pins = new Pins();
  private final StateMachine machine = machine();
  private NodeContext node = node(LONG_NANOS);
  private FrontEnd front;

  LongReadsTest() throws Exception {
    RaftBus.register(vertx.eventBus());
    StoreBus.register(vertx.eventBus());
    front = front(0);
  }

  @AfterEach
  void close() throws Exception {
    reader.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(faults).isEmpty();
  }

  @Test
  void aLongRangeIsOneMessageThatIsAsLongAsWasSaid() throws Exception {
    fill();
    var sink = new Sink();

    range(sink);

    assertThat(sink.ended.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("end");
    assertThat(sink.messages).hasSize(1);
    assertThat(sink.bytes()).isEqualTo(sink.messages.getFirst().keyValueBytes());
    assertThat(sink.messages.getFirst().count()).isEqualTo(KEYS);
    assertThat(sink.keys()).isEqualTo(IntStream.range(0, KEYS).mapToObj(this::key).toList());
    assertThat(sink.pieces.size()).isGreaterThan(10);
    assertAllIsGivenBack();
  }

  /** The message is not longer than was said, whatever is written and compacted meanwhile. */
  @Test
  void aLongRangeShowsTheRevisionThatItBeganWith() throws Exception {
    fill();
    var sink = rangeThatPauses();

    store(key(KEYS - 1), "another value");
    machine.apply(
        machine.appliedIndex() + 1, 1, new Command.Compact(KEYS + 2, false), Records.NONE);
    node.publish(machine.state());

    // This is what physical compaction asks before each slice.
    assertThat(pins.allowsRemovalAt(KEYS + 2)).isFalse();
    onLoop(sink::takeAll);
    assertThat(sink.ended.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("end");
    assertThat(sink.bytes()).isEqualTo(sink.messages.getFirst().keyValueBytes());
    assertThat(sink.keys()).hasSize(KEYS);
    assertThat(pins.allowsRemovalAt(KEYS + 2)).isTrue();
    assertAllIsGivenBack();
  }

  @Test
  void aClientThatLeavesGivesEverythingBack() throws Exception {
    fill();
    var sink = rangeThatPauses();
    assertThat(ledger.used(Account.ANSWERS)).isEqualTo(ONE_ANSWER_BYTES);
    assertThat(pins.allowsRemovalAt(KEYS)).isFalse();

    onLoop(
        () -> {
          sink.closed = true;
          sink.takeAll();
        });

    assertAllIsGivenBack();
    assertThat(sink.ended).isNotDone();
  }

  /** A stream holds as much as one answer of one piece, however much it has sent. */
  @Test
  void aStreamHoldsTheSameFromItsFirstMessageToItsLast() throws Exception {
    fill();
    var sink = new Sink();
    onLoop(() -> front.stream(all(), CallContext.PLAIN, sink));

    assertThat(sink.ended.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("end");
    assertThat(sink.messages.size()).isGreaterThan(5);
    assertThat(sink.keys()).hasSize(KEYS);
    assertThat(sink.held).containsOnly(ONE_ANSWER_BYTES);
    assertAllIsGivenBack();
  }

  @Test
  void anAnswerWaitsForRoomAndBeginsWhenThereIsSome() throws Exception {
    fill();
    var first = rangeThatPauses();
    var second = new Sink();
    range(second);

    onLoop(() -> {});
    assertThat(second.messages).isEmpty();
    onLoop(first::takeAll);

    assertThat(first.ended.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("end");
    assertThat(second.ended.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("end");
    assertThat(second.keys()).hasSize(KEYS);
    assertAllIsGivenBack();
  }

  @Test
  void anAnswerForWhichThereIsNoRoomIsRefusedInTime() throws Exception {
    node = node(TimeUnit.MILLISECONDS.toNanos(50));
    front = front(1);
    fill();
    var first = rangeThatPauses();
    var second = new Sink();

    range(second);

    assertThat(second.ended.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
        .isEqualTo(Failure.TOO_MANY_REQUESTS.toString());
    onLoop(first::takeAll);
    assertThat(first.ended.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("end");
    assertAllIsGivenBack();
  }

  /** Not in an order of the index: made as a whole, and only if there is room for the whole. */
  @Test
  void aSortedRangeThatIsTooLargeIsRefusedAndASmallerOneIsNot() throws Exception {
    fill();
    var large = new Sink();
    onLoop(() -> front.range(sorted(0), CallContext.PLAIN, large));
    assertThat(large.ended.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
        .isEqualTo(Failure.TOO_MANY_REQUESTS.toString());

    var small = new Sink();
    onLoop(() -> front.range(sorted(KEYS - 400), CallContext.PLAIN, small));
    assertThat(small.ended.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("answer of 400");
    assertAllIsGivenBack();
  }

  /**
   * The rule of memory and backend (tail first, then the view): a record is committed and forgotten
   * by memory at the worst moments, before and after a view is opened. Whoever opened the view
   * first and asked memory afterwards would find it nowhere.
   */
  @Test
  void aRecordIsFoundWhicheverWayTheCommitAndTheReaderRace() throws Exception {
    for (var afterOpening : List.of(true, false)) {
      var number = afterOpening ? 0 : 1;
      var write = apply(key(number), "in the tail");
      memory.add(write.revision(), write.record());
      store(key(number + 2), "cold");
      node.publish(machine.state());
      Runnable flush =
          () -> {
            commit(write);
            MemoryForTests.flushed(memory, write.revision());
          };
      backend.race(flush, afterOpening);
      var sink = new Sink();

      onLoop(() -> front.range(all(), CallContext.PLAIN, sink));

      assertThat(sink.ended.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).startsWith("answer of ");
      assertThat(memory.find(write.revision())).isNull();
      assertThat(faults).isEmpty();
    }
  }

  // The store.

  private void fill() {
    for (var i = 0; i < KEYS; i++) {
      commit(apply(key(i), "v".repeat(VALUE_BYTES)));
    }
    node.publish(machine.state());
  }

  private String key(int number) {
    return "k%05d".formatted(number);
  }

  private void store(String key, String value) {
    commit(apply(key, value));
    node.publish(machine.state());
  }

  private Write apply(String key, String value) {
    var put = new Command.Put(Bytes.utf8(key), Bytes.utf8(value), 0, false, false, false);
    return machine.apply(machine.appliedIndex() + 1, 1, put, Records.NONE).writes().getFirst();
  }

  private void commit(Write write) {
    backend.commit(
        new WriteBatch()
            .put(Bucket.KEY, write.bucketKey(), write.bucketValue())
            .put(Bucket.META, StoreMeta.KEY, machine.meta().encode()));
  }

  private static Command.Range all() {
    return range("k", 0, Command.SORT_NONE, Command.TARGET_KEY);
  }

  private Command.Range sorted(int from) {
    return range(key(from), 0, Command.SORT_DESCEND, Command.TARGET_MOD);
  }

  private static Command.Range range(String from, long limit, int order, int target) {
    return new Command.Range(
        Bytes.utf8(from), Bytes.utf8("l"), limit, 0, order, target, true, false, false, 0, 0, 0, 0);
  }

  private void range(Sink sink) throws Exception {
    onLoop(() -> front.range(all(), CallContext.PLAIN, sink));
  }

  /** A range whose client has taken one piece and takes no more for the moment. */
  private Sink rangeThatPauses() throws Exception {
    var sink = new Sink();
    sink.takes = 1;
    range(sink);
    sink.paused.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    return sink;
  }

  private void assertAllIsGivenBack() throws Exception {
    var patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (ledger.used(Account.ANSWERS) > 0 || !pins.allowsRemovalAt(Long.MAX_VALUE)) {
      assertThat(patience - System.nanoTime()).as("what an answer held comes back").isPositive();
      onLoop(() -> {});
    }
  }

  private void onLoop(Runnable action) throws Exception {
    var done = new CompletableFuture<Boolean>();
    context.runOnContext(
        _ -> {
          action.run();
          done.complete(true);
        });
    done.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private FrontEnd front(int loop) throws Exception {
    var made = new CompletableFuture<FrontEnd>();
    context.runOnContext(_ -> made.complete(new FrontEnd(node, context, loop)));
    return made.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** Takes an answer, as much of it as the test says. Its fields are the loop's. */
  private final class Sink implements Service.RangeSink {
    private final List<RangeMessage> messages = new ArrayList<>();
    private final List<Bytes> pieces = new ArrayList<>();

    /** What the ledger had at each piece. */
    private final List<Long> held = new ArrayList<>();

    private final CompletableFuture<Boolean> paused = new CompletableFuture<>();
    private final CompletableFuture<String> ended = new CompletableFuture<>();
    private int takes = Integer.MAX_VALUE;
    private boolean closed;
    private @Nullable Runnable onDrain;

    void takeAll() {
      takes = Integer.MAX_VALUE;
      if (onDrain != null) {
        onDrain.run();
      }
    }

    long bytes() {
      return pieces.stream().mapToLong(Bytes::size).sum();
    }

    List<String> keys() throws MalformedProto {
      var keys = new ArrayList<String>();
      for (var piece : pieces) {
        var reader = new ProtoReader(piece);
        while (reader.next() != 0) {
          keys.add(KeyValueCodec.decode(reader.bytes()).key().toUtf8());
        }
      }
      return keys;
    }

    @Override
    public void answer(Result.Range result) {
      ended.complete("answer of " + result.kvs().size());
    }

    @Override
    public void begin(RangeMessage message) {
      messages.add(message);
    }

    @Override
    public void keyValues(ByteBuffer fields, Runnable whenGone) {
      var copy = new byte[fields.remaining()];
      fields.get(copy);
      pieces.add(Bytes.wrap(copy));
      // Its memory is another piece's from here on.
      whenGone.run();
      held.add(ledger.used(Account.ANSWERS));
    }

    @Override
    public void end() {
      ended.complete("end");
    }

    @Override
    public void failed(Failure failure) {
      closed = true;
      ended.complete(failure.toString());
    }

    @Override
    public boolean isWritable() {
      return pieces.size() < takes;
    }

    @Override
    public void onDrain(Runnable action) {
      onDrain = action;
      paused.complete(true);
    }

    @Override
    public boolean isClosed() {
      return closed;
    }
  }

  /** A backend during whose opening of a view something happens. */
  private static final class RacingBackend implements Backend {
    private final MemoryBackend backend = new MemoryBackend();
    private @Nullable Runnable race;
    private boolean afterOpening;

    synchronized void race(Runnable action, boolean afterOpeningOne) {
      race = action;
      afterOpening = afterOpeningOne;
    }

    @Override
    public synchronized ReadView openReadView() {
      var action = race;
      race = null;
      if (action == null) {
        return backend.openReadView();
      }
      if (afterOpening) {
        var view = backend.openReadView();
        action.run();
        return view;
      }
      action.run();
      return backend.openReadView();
    }

    @Override
    public void commit(WriteBatch batch) {
      backend.commit(batch);
    }

    @Override
    public void sync() {
      backend.sync();
    }

    @Override
    public long sizeOnDiskBytes() {
      return backend.sizeOnDiskBytes();
    }

    @Override
    public void close() {
      backend.close();
    }
  }

  private static StateMachine machine() {
    var kv = new MvccStore(IndexMemory.onHeap());
    var loaded =
        new LoadedState(kv.meta(1, 1), kv, new LeaseTable(), new Alarms(), new Members(), "");
    return new StateMachine(loaded, Long.MAX_VALUE);
  }

  private NodeContext node(long requestTimeoutNanos) {
    var limits = new ServiceLimits(128, 1 << 20, -1, requestTimeoutNanos, 2);
    return new NodeContext(
        new Service.Identity(1, 5),
        7,
        limits,
        ledger,
        memory,
        reader,
        new BackendWriter(backend, 1, new UnheardWriter()),
        pins,
        new NodeMetrics(
            new NodeMetrics.NodeLabels(5, "3.7.1", "java25", limits.reportedQuotaBytes()),
            () -> NodeState.UNKNOWN,
            false),
        machine.state(),
        STATUS);
  }

  private static final RaftStatus STATUS = new RaftStatus(5, 2, 5, 1, false, true);
}
