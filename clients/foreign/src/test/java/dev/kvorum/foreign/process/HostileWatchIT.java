package dev.kvorum.foreign.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.kvorum.api.etcdserverpb.CompactionRequest;
import dev.kvorum.api.etcdserverpb.DeleteRangeRequest;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.RequestOp;
import dev.kvorum.api.etcdserverpb.TxnRequest;
import dev.kvorum.api.etcdserverpb.WatchCancelRequest;
import dev.kvorum.api.etcdserverpb.WatchCreateRequest;
import dev.kvorum.api.etcdserverpb.WatchProgressRequest;
import dev.kvorum.api.etcdserverpb.WatchRequest;
import dev.kvorum.api.etcdserverpb.WatchResponse;
import dev.kvorum.foreign.BidiStream;
import dev.kvorum.foreign.MetricsPage;
import dev.kvorum.foreign.Node;
import dev.kvorum.loadtest.wire.Methods;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Watches as no polite client makes them, over gRPC against the launcher: very many on one stream,
 * requests between the events, streams that are cut off again and again, a server that is killed.
 * What the contract promises of a watch (S9.3 to S9.9 and S9.14) holds for all of them.
 */
class HostileWatchIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final long SEED = Long.getLong("kvorum.watch.seed", 20_261_121L);
  private static final String WATCH = "etcdserverpb.Watch/Watch";

  private static Node node;

  @BeforeAll
  static void start() throws Exception {
    node = Node.kvorum("--watch-progress-notify-interval=100ms");
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  /** A client library puts all its watches on one stream. */
  @Test
  void aStreamTakesThousandsOfRequests() throws Exception {
    var watchers = 3_000;
    try (var stream = open()) {
      for (var watcher = 0; watcher < watchers; watcher++) {
        stream.send(create("many", _ -> {}));
      }
      var created = await(stream, watchers);
      assertThat(created).allMatch(WatchResponse::getCreated);
      assertThat(created.stream().mapToLong(WatchResponse::getWatchId))
          .containsExactlyElementsOf(LongStream.range(0, watchers).boxed().toList());

      var revision = put("many");

      var told = await(stream, 2 * watchers).subList(watchers, 2 * watchers);
      assertThat(told.stream().mapToLong(WatchResponse::getWatchId))
          .containsExactlyInAnyOrderElementsOf(LongStream.range(0, watchers).boxed().toList());
      assertThat(told)
          .allMatch(response -> response.getEvents(0).getKv().getModRevision() == revision);

      for (var watcher = 0; watcher < watchers; watcher++) {
        stream.send(cancel(watcher));
      }
      var canceled = await(stream, 3 * watchers).subList(2 * watchers, 3 * watchers);
      assertThat(canceled).allMatch(WatchResponse::getCanceled);
    }
  }

  /** Contract S9.3: clients match answers with their requests by the order alone. */
  @Test
  void createsAreAnsweredInTheirOrderAndBeforeTheirEvents() throws Exception {
    var random = new SplittableRandom(SEED);
    var from = put("order");
    for (var count = 0; count < 20; count++) {
      put("order");
    }
    var wanted = new ArrayList<Long>();
    try (var stream = open();
        var _ = new Puts("order")) {
      for (var count = 0; count < 120; count++) {
        var id = 1 + count;
        switch (random.nextInt(4)) {
          case 0 -> {
            stream.send(create("order", create -> create.setWatchId(id)));
            wanted.add((long) id);
          }
          case 1 -> {
            stream.send(create("order", create -> create.setWatchId(id).setStartRevision(from)));
            wanted.add((long) id);
          }
          case 2 -> {
            // An empty range.
            stream.send(
                create("order", create -> create.setRangeEnd(ByteString.copyFromUtf8("a"))));
            wanted.add(-1L);
          }
          default -> {
            stream.send(create("order", create -> create.setStartRevision(-1)));
            wanted.add(-1L);
          }
        }
      }
      BidiStream.await(() -> created(stream).size() >= wanted.size(), PATIENCE);
      var created = created(stream);
      assertThat(created.stream().map(WatchResponse::getWatchId).toList())
          .as("seed %d", SEED)
          .isEqualTo(wanted);
      var known = new ArrayList<Long>();
      for (var response : responses(stream)) {
        if (response.getCreated()) {
          known.add(response.getWatchId());
        } else {
          assertThat(known).contains(response.getWatchId());
        }
      }
    }
  }

  /** Contract S9.14: ordered, unique, reliable, resumable, whatever is cut off and killed. */
  @Test
  void aWatcherThatIsCutOffAgainAndAgainSeesEveryChangeOnce() throws Exception {
    var random = new SplittableRandom(SEED);
    var seen = new ArrayList<Long>();
    var next = put("cut");
    var puts = new Puts("cut");
    try (puts) {
      for (var round = 0; round < 25; round++) {
        if (round == 12) {
          node.process().killHard();
          node.restart();
        }
        var from = next;
        try (var stream = open()) {
          stream.send(
              create(
                  "cut", create -> create.setStartRevision(from).setPrevKv(random.nextBoolean())));
          var want = 1 + random.nextInt(40);
          BidiStream.await(() -> events(stream).size() >= want, PATIENCE);
          // What comes behind this look is lost with the stream, and asked for again.
          seen.addAll(events(stream));
        }
        if (!seen.isEmpty()) {
          next = seen.getLast() + 1;
        }
      }
    }
    var last = put("cut");
    var from = next;
    try (var stream = open()) {
      stream.send(create("cut", create -> create.setStartRevision(from)));
      BidiStream.await(() -> events(stream).contains(last), PATIENCE);
      seen.addAll(events(stream));
    }
    assertThat(seen).as("seed %d", SEED).isSorted().doesNotHaveDuplicates();
    assertThat(seen).containsAll(puts.acknowledged()).endsWith(last);
  }

  /** Contract S9.8: what a notification promises was delivered before it. */
  @Test
  void progressNeverPromisesMoreThanWasSent() throws Exception {
    try (var stream = open();
        var puts = new Puts("progress")) {
      stream.send(create("progress", _ -> {}));
      stream.send(create("nothing", _ -> {}));
      // The puts run already, and those before the watch began are not owed (S9.4).
      var begun = await(stream, 2).getFirst().getHeader().getRevision();
      var promised =
          BidiStream.await(
              () -> {
                stream.send(progress());
                return promises(stream).size() >= 10;
              },
              PATIENCE);
      assertThat(promised).as("progress is answered now and then under load").isTrue();
      var debt = puts.acknowledged().stream().filter(revision -> revision > begun).toList();
      BidiStream.await(() -> new HashSet<>(events(stream)).containsAll(debt), PATIENCE);
      var owed = new TreeSet<>(debt);
      for (var response : responses(stream)) {
        response.getEventsList().forEach(event -> owed.remove(event.getKv().getModRevision()));
        if (response.getWatchId() == -1) {
          var bound = response.getHeader().getRevision();
          assertThat(owed.headSet(bound, true)).as("promised up to %d", bound).isEmpty();
        }
      }
      assertThat(owed).as("acknowledged puts that were not seen").isEmpty();
    }
  }

  /** Contract S9.9: an idle watcher that asked for it is told how far it is, and no other is. */
  @Test
  void idleWatchersAreToldOfProgressAtTheFlagsInterval() throws Exception {
    try (var stream = open()) {
      stream.send(create("idle", create -> create.setWatchId(7).setProgressNotify(true)));
      stream.send(create("idle", create -> create.setWatchId(8)));
      await(stream, 2);
      var revision = put("elsewhere");

      BidiStream.await(
          () ->
              responses(stream).stream()
                  .anyMatch(
                      each -> !each.getCreated() && each.getHeader().getRevision() >= revision),
          PATIENCE);
      var told = responses(stream).stream().filter(each -> !each.getCreated()).toList();
      assertThat(told).isNotEmpty();
      assertThat(told).allMatch(each -> each.getWatchId() == 7 && each.getEventsCount() == 0);
      assertThat(told.getLast().getHeader().getRevision()).isGreaterThanOrEqualTo(revision);
    }
  }

  /** Contract S9.7: events may precede the answer to a cancel, and none follow it. */
  @Test
  void nothingFollowsACancel() throws Exception {
    try (var stream = open();
        var puts = new Puts("cancel")) {
      for (var round = 0; round < 50; round++) {
        stream.send(create("cancel", create -> create.setWatchId(1)));
        stream.send(cancel(1));
        // Nobody has this one, so nobody answers (S9.7).
        stream.send(cancel(99));
      }
      // Events come between the answers, so it is the last answer that says that all are there.
      assertThat(BidiStream.await(() -> canceled(stream) == 50, PATIENCE)).isTrue();
      var acknowledged = puts.acknowledged().size();
      assertThat(BidiStream.await(() -> puts.acknowledged().size() > acknowledged + 20, PATIENCE))
          .isTrue();
      var open = false;
      for (var response : responses(stream)) {
        assertThat(response.getWatchId()).isEqualTo(1);
        // What comes while there is no watcher can only be the answer to the next create.
        assertThat(response.getCreated()).isEqualTo(!open);
        open = (open || response.getCreated()) && !response.getCanceled();
      }
      assertThat(open).isFalse();
    }
  }

  /** Contract S9.6: a start that a compaction has overtaken is told, and its id stays taken. */
  @Test
  void aResumeBelowACompactionIsToldWhereHistoryBegins() throws Exception {
    var from = put("compacted");
    put("compacted");
    var at = put("compacted");
    var compact = CompactionRequest.newBuilder().setRevision(at).setPhysical(true).build();
    node.client().await(Methods.COMPACT, compact, PATIENCE);
    try (var stream = open()) {
      stream.send(create("compacted", create -> create.setWatchId(5).setStartRevision(from)));
      await(stream, 2);
      stream.send(create("compacted", create -> create.setWatchId(5)));
      stream.send(cancel(5));
      stream.send(create("compacted", create -> create.setWatchId(5).setStartRevision(at)));
      var answers = await(stream, 6);
      var refused = answers.stream().filter(each -> each.getCompactRevision() != 0).toList();
      assertThat(refused).hasSize(1);
      assertThat(refused.getFirst().getCompactRevision()).isEqualTo(at);
      assertThat(refused.getFirst().getHeader().getRevision()).isZero();
      assertThat(refused.getFirst().getCancelReason()).isEmpty();
      assertThat(answers).anyMatch(each -> each.getCancelReason().contains("duplicate watch ID"));
      assertThat(events(stream)).containsExactly(at);
    }
  }

  /** Contract S9.12: however many keys went at once, and whoever comes late. */
  @Test
  void aResumeAtALargeDeleteGetsAllOfItInOneMessage() throws Exception {
    var txns = 60;
    var keys = 100;
    for (var txn = 0; txn < txns; txn++) {
      var puts = TxnRequest.newBuilder();
      for (var key = 0; key < keys; key++) {
        puts.addSuccess(RequestOp.newBuilder().setRequestPut(put("large/", txn * keys + key)));
      }
      node.client().await(Methods.TXN, puts.build(), PATIENCE);
    }
    var delete =
        DeleteRangeRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8("large/"))
            .setRangeEnd(ByteString.copyFromUtf8("large0"))
            .build();
    var deleted = node.client().await(Methods.DELETE_RANGE, delete, PATIENCE);
    assertThat(deleted.getDeleted()).isEqualTo((long) txns * keys);
    var at = deleted.getHeader().getRevision();
    try (var stream = open()) {
      stream.send(
          create(
              "large/",
              create ->
                  create
                      .setRangeEnd(ByteString.copyFromUtf8("large0"))
                      .setStartRevision(at)
                      .setPrevKv(true)));
      var events = await(stream, 2).getLast().getEventsList();
      assertThat(events).hasSize(txns * keys);
      assertThat(events).allMatch(event -> event.getKv().getModRevision() == at);
      assertThat(events)
          .extracting(event -> event.getPrevKv().getKey().toStringUtf8())
          .isSorted()
          .doesNotHaveDuplicates();
    }
  }

  /** The lines of the metrics page that speak of watches, while some are there and afterwards. */
  @Test
  void metricsCountStreamsWatchersAndEvents() throws Exception {
    assertThat(BidiStream.await(() -> metric("watch_stream_total") == 0, PATIENCE)).isTrue();
    var events = metric("events_total");
    try (var stream = open()) {
      for (var watcher = 0; watcher < 3; watcher++) {
        stream.send(create("counted", _ -> {}));
      }
      await(stream, 3);
      put("counted");
      await(stream, 6);
      // It is counted when it is sent, and that may be seen later than what was sent.
      assertThat(BidiStream.await(() -> metric("events_total") - events == 3, PATIENCE)).isTrue();
      assertThat(metric("watch_stream_total")).isEqualTo(1);
      assertThat(metric("watcher_total")).isEqualTo(3);
      assertThat(metric("slow_watcher_total")).isZero();
    }
    assertThat(BidiStream.await(() -> metric("watch_stream_total") == 0, PATIENCE)).isTrue();
    assertThat(BidiStream.await(() -> metric("watcher_total") == 0, PATIENCE)).isTrue();
  }

  private static double metric(String name) {
    return MetricsPage.of(node).value("etcd_debugging_mvcc_" + name);
  }

  private static PutRequest.Builder put(String prefix, int number) {
    return PutRequest.newBuilder()
        .setKey(ByteString.copyFromUtf8("%s%05d".formatted(prefix, number)))
        .setValue(ByteString.copyFromUtf8("value"));
  }

  private static BidiStream open() {
    return BidiStream.open(node.vertx(), node.plan().clientPort(), WATCH);
  }

  private static ByteString create(String key, Consumer<WatchCreateRequest.Builder> options) {
    var create = WatchCreateRequest.newBuilder().setKey(ByteString.copyFromUtf8(key));
    options.accept(create);
    return WatchRequest.newBuilder().setCreateRequest(create).build().toByteString();
  }

  private static ByteString cancel(long id) {
    return WatchRequest.newBuilder()
        .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
        .build()
        .toByteString();
  }

  private static ByteString progress() {
    return WatchRequest.newBuilder()
        .setProgressRequest(WatchProgressRequest.getDefaultInstance())
        .build()
        .toByteString();
  }

  private static long put(String key) throws Exception {
    var put = PutRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build();
    return node.client().await(Methods.PUT, put, PATIENCE).getHeader().getRevision();
  }

  private static List<WatchResponse> await(BidiStream stream, int count) throws Exception {
    BidiStream.await(() -> stream.received().size() >= count, PATIENCE);
    var responses = responses(stream);
    assertThat(responses).hasSizeGreaterThanOrEqualTo(count);
    return responses;
  }

  private static List<WatchResponse> responses(BidiStream stream) {
    return stream.received().stream().map(HostileWatchIT::parse).toList();
  }

  private static WatchResponse parse(ByteString message) {
    try {
      return WatchResponse.parseFrom(message);
    } catch (InvalidProtocolBufferException broken) {
      throw new AssertionError(broken);
    }
  }

  private static List<WatchResponse> created(BidiStream stream) {
    return responses(stream).stream().filter(WatchResponse::getCreated).toList();
  }

  private static long canceled(BidiStream stream) {
    return responses(stream).stream().filter(WatchResponse::getCanceled).count();
  }

  private static List<WatchResponse> promises(BidiStream stream) {
    return responses(stream).stream().filter(each -> each.getWatchId() == -1).toList();
  }

  /** The main revisions of the stream's events, in the order in which they came. */
  private static List<Long> events(BidiStream stream) {
    return responses(stream).stream()
        .flatMap(response -> response.getEventsList().stream())
        .map(event -> event.getKv().getModRevision())
        .toList();
  }

  /**
   * Puts of one key, a few at a time, until it is closed; some may fail when the node is killed.
   */
  private static final class Puts implements AutoCloseable {
    private static final int AT_ONCE = 2;

    private final PutRequest put;
    private final ConcurrentLinkedQueue<Long> acknowledged = new ConcurrentLinkedQueue<>();
    private final List<Thread> writers;
    private volatile boolean closed;

    Puts(String key) {
      put = PutRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build();
      writers =
          IntStream.range(0, AT_ONCE).mapToObj(_ -> Thread.ofVirtual().start(this::write)).toList();
    }

    private void write() {
      while (!closed) {
        try {
          acknowledged.add(
              node.client().await(Methods.PUT, put, PATIENCE).getHeader().getRevision());
        } catch (Exception _) {
          // The node was killed: whether the put happened is unknown. It needs the processor now.
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
      }
    }

    List<Long> acknowledged() {
      return List.copyOf(acknowledged);
    }

    @Override
    public void close() {
      closed = true;
      try {
        for (var writer : writers) {
          writer.join();
        }
      } catch (InterruptedException interrupt) {
        throw new IllegalStateException(interrupt);
      }
    }
  }
}
