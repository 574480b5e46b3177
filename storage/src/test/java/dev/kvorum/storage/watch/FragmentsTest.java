package dev.kvorum.storage.watch;

import static dev.kvorum.storage.watch.HubHarness.eventsOf;
import static dev.kvorum.storage.watch.HubHarness.watch;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.watch.HubHarness.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * A large revision on its way to watchers who take fragments (contract S9.12). It is read and sent
 * piece by piece, and never held whole; a client puts its fragments together as they come, so
 * nothing may come between them.
 */
class FragmentsTest {
  private static final int KEYS = 95;
  private static final int CHUNK_EVENTS = 10;
  private static final int FRAGMENT_BYTES = 500;

  /** A stream reads on while it has less than half of it unsent, so after one fragment no more. */
  private static final int STREAM_BYTES = 800;

  /** Not nearly enough for all events of the revision, which have about 20 bytes each. */
  private static final int RESPONSE_BYTES = 1_000;

  /** Nothing stays in memory, so all history is read. */
  private final HubHarness store =
      new HubHarness(
          new WatchSizes(
              1_000,
              1 << 20,
              STREAM_BYTES,
              10,
              0,
              100_000,
              FRAGMENT_BYTES,
              CHUNK_EVENTS,
              RESPONSE_BYTES));

  private static String key(int number) {
    return "k%03d".formatted(number);
  }

  /** Puts the keys and deletes all of them at once; returns the revision that did. */
  private long deleteAll() {
    for (var number = 0; number < KEYS; number++) {
      store.put(key(number), "v" + number);
    }
    store.apply(new Command.DeleteRange(Bytes.utf8("k"), Bytes.utf8("l"), false));
    return store.revision();
  }

  private static List<String> deletions(long revision) {
    return IntStream.range(0, KEYS)
        .mapToObj(number -> "DELETE %s @%d".formatted(key(number), revision))
        .toList();
  }

  private static WatchRequest.Create fragmented(long from) {
    return watch("k").to("l").from(from).withFragments().request();
  }

  /** One message in fragments, and what of it came. */
  private static void assertFragments(List<Response> parts, boolean complete) {
    var cut = complete ? parts.subList(0, parts.size() - 1) : parts;
    assertThat(cut).isNotEmpty().allMatch(Response::fragment);
    assertThat(parts.getLast().fragment()).isEqualTo(!complete);
    assertThat(parts).allMatch(part -> part.sizeBytes() < FRAGMENT_BYTES);
    assertThat(parts).extracting(Response::revision).containsOnly(parts.getFirst().revision());
    assertThat(parts).extracting(Response::watchId).containsOnly(parts.getFirst().watchId());
  }

  @Test
  void aRevisionIsNotHeldWholeForWhoTakesFragments() {
    var revision = deleteAll();
    store.request(fragmented(revision));

    var received = store.received();
    assertFragments(received.subList(1, received.size()), true);
    assertThat(eventsOf(received, 0)).isEqualTo(deletions(revision));
    assertThat(store.mostEvents()).isLessThanOrEqualTo(CHUNK_EVENTS);
    store.put("k", "live");
    assertThat(store.events(0)).containsExactly("PUT k=live @" + (revision + 1));
  }

  @Test
  void aRevisionThatJustHappensIsNotHeldWholeEither() {
    store.request(fragmented(0));
    for (var number = 0; number < KEYS; number++) {
      store.put(key(number), "v");
    }
    store.received();
    store.apply(new Command.DeleteRange(Bytes.utf8("k"), Bytes.utf8("l"), false));

    var received = store.received();
    assertFragments(received, true);
    assertThat(eventsOf(received, 0)).isEqualTo(deletions(store.revision()));
    assertThat(store.mostEvents()).isPositive().isLessThanOrEqualTo(CHUNK_EVENTS);
  }

  @Test
  void previousValuesComeInFragmentsToo() {
    var revision = deleteAll();
    store.forget();
    store.request(watch("k").to("l").from(revision).withFragments().withPrevious().request());

    var received = store.received();
    assertFragments(received.subList(1, received.size()), true);
    var events = eventsOf(received, 0);
    assertThat(events).hasSize(KEYS);
    assertThat(events.getFirst()).isEqualTo("DELETE k000 @%d was v0".formatted(revision));
    assertThat(events.getLast()).isEqualTo("DELETE k094 @%d was v94".formatted(revision));
  }

  @Test
  void whatFitsIntoOneMessageComesInOneHoweverItIsRead() {
    for (var number = 0; number < 2 * CHUNK_EVENTS; number++) {
      store.put(key(number), "v");
    }
    store.apply(new Command.DeleteRange(Bytes.utf8("k"), Bytes.utf8("l"), false));
    store.request(fragmented(store.revision()));

    var received = store.received();
    assertThat(received).hasSize(2);
    assertThat(received.getLast().fragment()).isFalse();
    assertThat(received.getLast().events()).hasSize(2 * CHUNK_EVENTS);
  }

  @Test
  void fragmentsHaveTheHeaderOfTheFirstAlthoughTheStoreGoesOn() {
    var revision = deleteAll();
    store.holdHistoryAfter(4);
    store.request(fragmented(revision));
    assertFragments(store.received().stream().skip(1).toList(), false);
    store.put("k", "later");
    store.holdHistory(false);

    var rest = store.received();
    assertThat(rest.getFirst().revision()).isEqualTo(revision);
    assertThat(rest.getLast().events()).containsExactly("PUT k=later @" + (revision + 1));
  }

  @Test
  void nothingComesBetweenTheFragmentsOfAMessage() {
    var revision = deleteAll();
    store.request(watch("other").id(7).request());
    store.request(watch("other").id(8).from(2).withProgress().request());
    store.received();
    store.holdHistoryAfter(4);
    store.request(fragmented(revision));
    var received = new ArrayList<>(store.received());
    store.put("other", "1");
    store.request(watch("new").id(9).request());
    store.request(watch("x").to("a").request());
    store.request(new WatchRequest.Cancel(8));
    store.request(new WatchRequest.Progress());
    store.tick();
    store.put("new", "2");
    assertThat(store.received()).isEmpty();
    store.holdHistory(false);
    received.addAll(store.received());

    var id = received.getFirst().watchId();
    var parts = received.stream().filter(each -> each.watchId() == id).skip(1).toList();
    assertFragments(parts, true);
    assertThat(eventsOf(parts, id)).isEqualTo(deletions(revision));
    assertThat(received.subList(1, 1 + parts.size())).isEqualTo(parts);
    var after = received.subList(1 + parts.size(), received.size());
    assertThat(after.stream().filter(Response::isControl))
        .extracting(Response::watchId)
        .containsExactly(9L, -1L, 8L);
    assertThat(eventsOf(after, 7)).containsExactly("PUT other=1 @" + (revision + 1));
    assertThat(eventsOf(after, 9)).containsExactly("PUT new=2 @" + (revision + 2));
    assertThat(eventsOf(after, 8)).isEmpty();
  }

  /** S9.9: a notification is worth no interruption; the stream's next tick brings it. */
  @Test
  void aTickBetweenFragmentsTellsNobodyAndTheNextOneDoes() {
    var revision = deleteAll();
    store.request(watch("other").id(7).withProgress().request());
    store.holdHistoryAfter(4);
    store.request(watch("k").to("l").from(revision).id(8).withFragments().withProgress().request());
    store.received();
    store.tick();
    assertThat(store.received()).isEmpty();
    store.holdHistory(false);
    assertFragments(store.received(), true);

    store.tick();
    assertThat(store.received()).extracting(Response::watchId).containsExactly(7L);
    store.tick();
    assertThat(store.received()).extracting(Response::watchId).containsExactlyInAnyOrder(7L, 8L);
  }

  @Test
  void twoMessagesInFragmentsComeOneAfterTheOther() {
    var revision = deleteAll();
    store.holdHistory(true);
    store.request(watch("k").to("l").from(revision).id(1).withFragments().request());
    store.request(watch("k").to("l").from(revision).id(2).withFragments().request());
    store.request(watch("k").from(revision).to("l").id(3).withFragments().request());
    store.holdHistory(false);

    var parts = store.received().stream().filter(each -> !each.isControl()).toList();
    var ids = parts.stream().map(Response::watchId).toList();
    assertThat(ids).isSorted();
    for (var id = 1; id <= 3; id++) {
      assertThat(eventsOf(parts, id)).isEqualTo(deletions(revision));
    }
    assertThat(store.hub().watchersBehind()).isZero();
  }

  @Test
  void aClientThatDoesNotReadGetsNoMoreAndKeepsNobodyWaiting() {
    var revision = deleteAll();
    store.holdTransport(true);
    store.request(fragmented(revision));
    var sent = store.received();
    assertFragments(sent.subList(1, sent.size()), false);
    assertThat(sent.stream().mapToInt(Response::sizeBytes).sum()).isLessThan(STREAM_BYTES);

    store.open(2);
    store.request(2, watch("k").to("l").from(revision).withFragments().request());
    assertThat(eventsOf(store.received(2), 0)).isEqualTo(deletions(revision));

    store.holdTransport(false);
    var parts = new ArrayList<>(sent.subList(1, sent.size()));
    parts.addAll(store.received());
    assertFragments(parts, true);
    assertThat(eventsOf(parts, 0)).isEqualTo(deletions(revision));
  }

  @Test
  void whoCancelsBetweenFragmentsIsToldNext() {
    var revision = deleteAll();
    store.holdHistoryAfter(4);
    store.request(fragmented(revision));
    store.received();
    store.request(watch("other").id(5).request());
    store.request(new WatchRequest.Cancel(0));

    var received = store.received();
    assertThat(received).extracting(Response::watchId).containsExactly(0L, 5L);
    assertThat(received.getFirst().canceled()).isTrue();
    assertThat(received.getLast().created()).isTrue();
    store.holdHistory(false);
    assertThat(store.received()).isEmpty();
    store.put("other", "1");
    assertThat(store.events(5)).hasSize(1);
  }

  /**
   * S9.6: a client that was too slow for the rest of it is told so. It has nothing of the message
   * then, as S9.12 wants it: what puts fragments together drops them when it is told of the end.
   */
  @Test
  void aCompactionBetweenFragmentsEndsTheWatch() {
    var revision = deleteAll();
    store.holdTransport(true);
    store.request(fragmented(revision));
    store.request(watch("other").id(5).request());
    var sent = store.received();
    assertFragments(sent.subList(1, sent.size()), false);
    store.put("k", "later");
    store.compact(revision + 1);
    store.holdTransport(false);

    var received = store.received();
    assertThat(received).extracting(Response::watchId).containsExactly(0L, 5L);
    assertThat(received.getFirst().canceled()).isTrue();
    assertThat(received.getFirst().compactRevision()).isEqualTo(revision + 1);
    assertThat(received.getFirst().revision()).isZero();
    assertThat(received.getFirst().events()).isEmpty();
    assertThat(received.getLast().created()).isTrue();
    assertThat(store.hub().watchersBehind()).isZero();
  }

  @Test
  void aSnapshotBetweenFragmentsLosesNothing() {
    var revision = deleteAll();
    store.holdHistoryAfter(4);
    store.request(fragmented(revision));
    store.holdEvents(true);
    store.put("k", "from a snapshot");
    store.replaced();
    store.holdEvents(false);
    store.holdHistory(false);

    var received = store.received();
    assertThat(eventsOf(received, 0))
        .hasSize(KEYS + 1)
        .startsWith(deletions(revision).toArray(String[]::new))
        .endsWith("PUT k=from a snapshot @" + (revision + 1));
  }

  @Test
  void whoTakesTheWholeRevisionDoesNotHoldUpWhoTakesFragments() {
    var revision = deleteAll();
    store.holdHistory(true);
    store.request(watch("k").to(key(20)).from(revision).id(1).request());
    store.request(watch("k").to("l").from(revision).id(2).withFragments().request());
    store.holdHistory(false);

    var received = store.received();
    assertThat(received.stream().filter(each -> each.watchId() == 1 && !each.isControl()))
        .hasSize(1);
    assertThat(eventsOf(received, 1)).isEqualTo(deletions(revision).subList(0, 20));
    assertThat(eventsOf(received, 2)).isEqualTo(deletions(revision));
  }
}
