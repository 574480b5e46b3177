package dev.kvorum.storage.watch;

import static dev.kvorum.storage.watch.HubHarness.watch;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.watch.HubHarness.Response;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * A revision that changed more keys than are read at a time, on its way to watchers that are
 * behind. It comes in one message (contract S9.12), however it was read.
 */
class LargeRevisionTest {
  private static final int KEYS = 95;
  private static final int CHUNK_EVENTS = 10;
  private static final int ROOM_BYTES = 1 << 20;

  /** Nothing stays in memory, so all history is read. */
  private final HubHarness store = harness(ROOM_BYTES);

  private static HubHarness harness(int responseBytes) {
    return new HubHarness(
        new WatchSizes(
            1_000, 1 << 20, 1 << 20, 10, 0, 100_000, 1_000, CHUNK_EVENTS, responseBytes));
  }

  private static String key(int number) {
    return "k%03d".formatted(number);
  }

  /** Puts the keys and deletes all of them at once; returns the revision that did. */
  private static long deleteAll(HubHarness harness) {
    for (var number = 0; number < KEYS; number++) {
      harness.put(key(number), "v" + number);
    }
    harness.apply(new Command.DeleteRange(Bytes.utf8("k"), Bytes.utf8("l"), false));
    return harness.revision();
  }

  private static List<String> deletions(long revision, int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(number -> "DELETE %s @%d".formatted(key(number), revision))
        .toList();
  }

  private static List<Response> withEvents(List<Response> received) {
    return received.stream().filter(response -> !response.events().isEmpty()).toList();
  }

  @Test
  void aRevisionThatIsReadInPartsComesInOneMessage() {
    var revision = deleteAll(store);
    store.put("k", "after");

    store.request(watch("k").to("l").from(revision).request());

    assertThat(withEvents(store.received()))
        .extracting(Response::events)
        .containsExactly(deletions(revision, 0, KEYS), List.of("PUT k=after @" + (revision + 1)));
    assertThat(store.mostEvents()).isLessThanOrEqualTo(CHUNK_EVENTS);
    store.put("k", "live");
    assertThat(store.events(0)).containsExactly("PUT k=live @" + (revision + 2));
  }

  /** Neither those who are synced nor those behind, nor who comes later. */
  @Test
  void whoeverWatchesARevisionThatIsNotToldMissesNothing() {
    store.tellAtMost(KEYS - 1);
    store.request(watch("k").to("l").request());
    store.put("k", "before");
    store.holdEvents(true);
    var revision = deleteAll(store);
    store.put("k", "after");
    store.holdEvents(false);
    store.request(watch("k").to("l").from(revision).request());
    store.put("k", "live");

    var after = List.of("PUT k=after @" + (revision + 1), "PUT k=live @" + (revision + 2));
    var received = store.received();
    var synced = HubHarness.eventsOf(received, 0);
    assertThat(synced.getFirst()).isEqualTo("PUT k=before @2");
    assertThat(synced).hasSize(1 + KEYS + (KEYS + 1) + after.size()).doesNotHaveDuplicates();
    assertThat(synced).endsWith(after.toArray(String[]::new));
    assertThat(HubHarness.eventsOf(received, 1)).isEqualTo(synced.subList(1 + KEYS, synced.size()));
  }

  @Test
  void historyAroundALargeRevisionIsWhole() {
    store.put("j", "before");
    var revision = deleteAll(store);

    store.request(watch("j").to("l").from(2).request());

    var events = store.events(0);
    assertThat(events).hasSize(1 + 2 * KEYS).doesNotHaveDuplicates();
    assertThat(events.subList(1 + KEYS, 1 + 2 * KEYS)).isEqualTo(deletions(revision, 0, KEYS));
  }

  @Test
  void previousValuesAreFetchedAFewAtATime() {
    var value = "v".repeat(1 << 20);
    var large = harness(1 << 30);
    for (var number = 0; number < 12; number++) {
      large.put(key(number), value);
    }
    large.apply(new Command.DeleteRange(Bytes.utf8("k"), Bytes.utf8("l"), false));
    large.forget();

    large.request(watch("k").to("l").from(large.revision()).withPrevious().request());

    var received = withEvents(large.received());
    assertThat(received).hasSize(1);
    assertThat(received.getFirst().events())
        .hasSize(12)
        .allMatch(event -> event.endsWith(" was " + value));
    assertThat(large.mostFetchedBytes()).isLessThan(6L << 20);
  }

  @Test
  void previousValuesOfManyRevisionsAreFetchedAFewAtATime() {
    var value = "v".repeat(1 << 20);
    var large = harness(1 << 30);
    for (var number = 0; number < 12; number++) {
      large.put("k", value + number);
    }
    large.forget();

    large.request(watch("k").from(2).withPrevious().request());

    assertThat(large.events(0)).hasSize(12);
    assertThat(large.mostFetchedBytes()).isLessThan(6L << 20);
  }

  @Test
  void whoAsksForFragmentsGetsThem() {
    var revision = deleteAll(store);

    store.request(watch("k").to("l").from(revision).withFragments().request());

    var received = withEvents(store.received());
    assertThat(received).hasSizeGreaterThan(1);
    assertThat(received.subList(0, received.size() - 1)).allMatch(Response::fragment);
    assertThat(received.getLast().fragment()).isFalse();
    assertThat(received).allMatch(response -> response.sizeBytes() < 1_000);
    assertThat(HubHarness.eventsOf(received, 0)).isEqualTo(deletions(revision, 0, KEYS));
  }

  @Test
  void everyWatcherGetsItsOwnOfIt() {
    var revision = deleteAll(store);
    store.holdHistory(true);
    store.request(watch("k").to("l").from(revision).request());
    store.request(watch(key(3)).to(key(40)).from(revision).request());
    store.request(watch(key(94)).from(revision).withPrevious().request());
    store.request(watch("k").to("l").from(revision).withoutDeletes().request());
    store.holdHistory(false);

    var received = withEvents(store.received());
    assertThat(received).hasSize(3);
    assertThat(HubHarness.eventsOf(received, 0)).isEqualTo(deletions(revision, 0, KEYS));
    assertThat(HubHarness.eventsOf(received, 1)).isEqualTo(deletions(revision, 3, 40));
    assertThat(HubHarness.eventsOf(received, 2))
        .containsExactly("DELETE %s @%d was v94".formatted(key(94), revision));
    assertThat(store.hub().watchersBehind()).isZero();
  }

  @Test
  void whatIsMoreThanTheMemberMayHoldEndsTheWatchAndNoOther() {
    var little = harness(1_000);
    var revision = deleteAll(little);
    little.holdHistory(true);
    little.request(watch(key(7)).from(revision).request());
    little.request(watch("k").to("l").from(revision).request());
    little.holdHistory(false);

    var received = little.received();
    assertThat(HubHarness.eventsOf(received, 0)).isEqualTo(deletions(revision, 7, 8));
    assertThat(HubHarness.eventsOf(received, 1)).isEmpty();
    var end = received.stream().filter(Response::canceled).toList();
    assertThat(end).hasSize(1);
    assertThat(end.getFirst().watchId()).isEqualTo(1);
    assertThat(end.getFirst().reason()).startsWith("etcdserver: the events of one revision");
    assertThat(end.getFirst().compactRevision()).isZero();
    little.put(key(7), "on");
    assertThat(HubHarness.eventsOf(little.received(), 0)).hasSize(1);
  }

  @Test
  void aCancelBetweenItsPartsWins() {
    var revision = deleteAll(store);
    store.holdHistoryAfter(3);
    store.request(watch("k").to("l").from(revision).request());
    store.request(new WatchRequest.Cancel(0));
    store.holdHistory(false);

    assertThat(withEvents(store.received())).isEmpty();
    assertThat(store.hub().watchersBehind()).isZero();
    store.request(watch(key(1)).from(revision).request());
    assertThat(store.events(1)).isEqualTo(deletions(revision, 1, 2));
  }

  @Test
  void aSnapshotBetweenItsPartsLosesNothing() {
    var revision = deleteAll(store);
    store.holdHistoryAfter(3);
    store.request(watch("k").to("l").from(revision).request());
    store.holdEvents(true);
    store.put("k", "from a snapshot");
    store.replaced();
    store.holdEvents(false);
    store.holdHistory(false);

    var received = withEvents(store.received());
    assertThat(HubHarness.eventsOf(received, 0))
        .hasSize(KEYS + 1)
        .startsWith(deletions(revision, 0, KEYS).toArray(String[]::new))
        .endsWith("PUT k=from a snapshot @" + (revision + 1));
  }
}
