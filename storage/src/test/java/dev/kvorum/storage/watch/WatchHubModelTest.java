package dev.kvorum.storage.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.KeyValueCodec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random watchers over random writes, while events, history and the transport are held back at
 * random: in the end every watcher has exactly the events that a list of all changes has for it.
 */
class WatchHubModelTest {
  private static final int STEPS = 1_000;
  private static final long LAST_ID = 60;
  private static final String KEYS = "abcdef";

  /** What a watcher must have seen in the end. */
  private record Watched(KeyRange range, long from, WatchRequest.Create request) {
    boolean wants(Event event) {
      return event.revision().main() >= from
          && range.contains(event.key())
          && !(event.deleted() ? request.noDelete() : request.noPut());
    }
  }

  /** Every revision of some keys is read in parts, and a message has a few events. */
  private static final WatchSizes NARROW =
      new WatchSizes(3, 1 << 20, 600, 5, 500, 50, 150, 2, 1 << 20);

  private HubHarness store = new HubHarness();
  private final List<Event> history = new ArrayList<>();
  private final Map<Long, Watched> watched = new HashMap<>();
  private final Map<Long, List<String>> seen = new HashMap<>();
  private final Set<Long> ended = new HashSet<>();

  /** What was named last to each watcher. */
  private final Map<Long, Long> headers = new HashMap<>();

  /** Whose message in fragments is to go on, 0 for nobody's. */
  private long open;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void everyWatcherGetsItsEventsOnceAndInOrder(long seed) {
    run(seed);
  }

  @ParameterizedTest
  @ValueSource(longs = {5, 6, 7, 8, 9, 10})
  void everyWatcherGetsItsEventsHoweverTheyAreCut(long seed) {
    store = new HubHarness(NARROW);
    run(seed);
  }

  private void run(long seed) {
    var random = new Random(seed);
    store.onEvents(history::addAll);
    for (var step = 0; step < STEPS; step++) {
      step(random);
      collect();
    }
    store.holdEvents(false);
    store.holdHistory(false);
    store.holdTransport(false);
    collect();

    assertThat(store.hub().watchersBehind()).as("seed %d", seed).isZero();
    watched.forEach(
        (id, watcher) -> {
          var expected =
              history.stream().filter(watcher::wants).map(WatchHubModelTest::text).toList();
          var got = seen.getOrDefault(id, List.of());
          if (ended.contains(id)) {
            // A compaction ended it: what came before is whole.
            assertThat(expected.subList(0, got.size()))
                .as("seed %d %s", seed, watcher)
                .isEqualTo(got);
          } else {
            assertThat(got).as("seed %d %s", seed, watcher).isEqualTo(expected);
          }
        });
  }

  private void step(Random random) {
    switch (random.nextInt(20)) {
      case 0 -> store.holdEvents(random.nextBoolean());
      case 1 -> store.holdHistory(random.nextBoolean());
      case 2 -> store.holdTransport(random.nextInt(3) == 0);
      case 3, 4, 5 -> create(random);
      case 6 -> cancel(random);
      case 7 -> {
        if (random.nextInt(10) == 0 && store.revision() > 3) {
          compact(1 + random.nextLong(store.revision()));
        }
      }
      case 8 -> store.request(new WatchRequest.Progress());
      case 9, 10 -> store.delete(key(random));
      case 11 ->
          store.apply(
              new Command.DeleteRange(
                  Bytes.utf8(key(random)), Bytes.wrap(new byte[1]), random.nextBoolean()));
      default -> {
        // Some are large enough to fill a stream.
        var value = random.nextInt(10) == 0 ? "x".repeat(150_000) : "v" + random.nextInt(100);
        store.put(key(random), value);
      }
    }
  }

  private void compact(long revision) {
    if (revision > store.compactRevision()) {
      store.compact(revision);
    }
  }

  private void create(Random random) {
    var id = 1 + random.nextLong(LAST_ID);
    if (watched.containsKey(id)) {
      return;
    }
    var key = Bytes.utf8(key(random));
    var end =
        switch (random.nextInt(3)) {
          case 0 -> Bytes.EMPTY;
          case 1 -> Bytes.wrap(new byte[1]);
          default -> Bytes.utf8(key(random));
        };
    var range = KeyRange.of(key, end);
    if (range.isEmpty()) {
      return;
    }
    var start = random.nextBoolean() ? 0 : 1 + random.nextLong(store.revision() + 10);
    var request =
        new WatchRequest.Create(
            key,
            end,
            start,
            random.nextBoolean(),
            random.nextInt(4) == 0,
            random.nextInt(4) == 0,
            random.nextBoolean(),
            id,
            random.nextBoolean());
    watched.put(id, new Watched(range, start == 0 ? store.revision() + 1 : start, request));
    store.request(request);
  }

  private void cancel(Random random) {
    var id = 1 + random.nextLong(LAST_ID);
    if (watched.remove(id) != null) {
      store.request(new WatchRequest.Cancel(id));
      collect();
      seen.remove(id);
      ended.remove(id);
    }
  }

  private void collect() {
    for (var response : store.received()) {
      assertThat(open).as("nothing between fragments").isIn(0L, response.watchId());
      open = response.fragment() ? response.watchId() : 0;
      if (response.created() || !response.events().isEmpty()) {
        var before = headers.put(response.watchId(), response.revision());
        assertThat(response.revision())
            .as("a watch names no earlier revision than before")
            .isGreaterThanOrEqualTo(before == null || response.created() ? 0 : before);
      }
      if (response.compactRevision() > 0) {
        ended.add(response.watchId());
      }
      assertThat(response.events().isEmpty() || watched.containsKey(response.watchId()))
          .as("no event after a cancel")
          .isTrue();
      for (var event : response.events()) {
        var was = event.indexOf(" was ");
        seen.computeIfAbsent(response.watchId(), _ -> new ArrayList<>())
            .add(was < 0 ? event : event.substring(0, was));
      }
    }
  }

  private static String text(Event event) {
    var kv = KeyValueCodec.decodeStored(event.kv());
    return event.deleted()
        ? "DELETE %s @%d".formatted(kv.key(), kv.modRevision())
        : "PUT %s=%s @%d".formatted(kv.key(), kv.value(), kv.modRevision());
  }

  private static String key(Random random) {
    return "" + KEYS.charAt(random.nextInt(KEYS.length()));
  }
}
