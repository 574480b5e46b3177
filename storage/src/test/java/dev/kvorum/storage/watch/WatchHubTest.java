package dev.kvorum.storage.watch;

import static dev.kvorum.storage.watch.HubHarness.watch;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.watch.HubHarness.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Contract S9: what clients rely on, and each way in which a watch has been known to break it.
 * Every promise is tried against the races that the hub can have with the store, with history and
 * with the transport.
 */
class WatchHubTest {
  private final HubHarness store = new HubHarness();

  // Ordered, unique, atomic, reliable, resumable, bookmarkable.

  @Test
  void aWatchFromNowOnSeesWhatHappensAfterItsCreation() {
    store.put("a", "1");
    store.request(watch("a").request());
    store.put("a", "2");
    store.put("b", "2");

    assertThat(created()).isEqualTo(2);
    assertThat(store.events(0)).isEmpty();
    store.put("a", "3");
    assertThat(store.events(0)).containsExactly("PUT a=3 @5");
  }

  @Test
  void aWatchFromThePastSeesEverythingOnceAndGoesOn() {
    for (var value = 1; value <= 10; value++) {
      store.put("a", "" + value);
    }
    store.request(watch("a").from(4).request());
    store.put("a", "11");

    assertThat(store.events(0))
        .containsExactlyElementsOf(
            IntStream.rangeClosed(3, 11)
                .mapToObj(v -> "PUT a=%d @%d".formatted(v, v + 1))
                .toList());
  }

  @Test
  void allEventsOfARevisionComeInOneMessageInTheOrderOfTheTransaction() {
    store.request(watch("a").to("z").request());
    store.received();
    store.apply(
        new Command.Txn(
            List.of(),
            List.of(
                new Command.Put(Bytes.utf8("c"), Bytes.utf8("1"), 0, false, false, false),
                new Command.Put(Bytes.utf8("b"), Bytes.utf8("1"), 0, false, false, false)),
            List.of()));

    var responses = store.received();
    assertThat(responses).hasSize(1);
    assertThat(responses.getFirst().events()).containsExactly("PUT c=1 @2", "PUT b=1 @2");
    assertThat(responses.getFirst().revision()).isEqualTo(2);
  }

  @Test
  void progressComesAfterTheEventsThatItPromises() {
    store.request(watch("a").request());
    store.received();
    store.holdEvents(true);
    store.put("a", "1");
    // The client may know of revision 2 already; the hub does not.
    store.request(new WatchRequest.Progress());
    assertThat(store.received()).isEmpty();
    store.holdEvents(false);

    var responses = store.received();
    assertThat(responses).hasSize(2);
    assertThat(responses.getFirst().events()).containsExactly("PUT a=1 @2");
    assertThat(responses.getLast().watchId()).isEqualTo(-1);
    assertThat(responses.getLast().revision()).isEqualTo(2);
  }

  @Test
  void progressIsSilentForAStreamThatHasNotSeenEverything() {
    store.request(new WatchRequest.Progress());
    assertThat(store.received()).as("no watcher").isEmpty();

    store.put("a", "1");
    store.holdHistory(true);
    store.request(watch("a").from(1).request());
    store.received();
    store.request(new WatchRequest.Progress());
    assertThat(store.received()).as("one is behind").isEmpty();
    store.holdHistory(false);
    assertThat(store.events(0)).containsExactly("PUT a=1 @2");

    store.request(watch("b").from(100).request());
    store.received();
    store.request(new WatchRequest.Progress());
    assertThat(store.received()).as("one starts later").isEmpty();
  }

  // Known ways to fail.

  /** Lost between history and the present (etcd's issue 17529). */
  @Test
  void whatHappensWhileHistoryIsReadIsNotLost() {
    store.put("a", "1");
    store.holdHistory(true);
    store.request(watch("a").from(2).request());
    store.put("a", "2");
    store.holdHistory(false);
    store.put("a", "3");

    assertThat(store.events(0)).containsExactly("PUT a=1 @2", "PUT a=2 @3", "PUT a=3 @4");
  }

  /** Sent twice between history and the present. */
  @Test
  void whatHistoryHadAlreadyIsNotSentAgain() {
    store.put("a", "1");
    store.holdEvents(true);
    store.put("a", "2");
    store.put("a", "3");
    // History reaches further than what the hub has heard of.
    store.request(watch("a").from(2).request());
    store.holdEvents(false);

    assertThat(store.events(0)).containsExactly("PUT a=1 @2", "PUT a=2 @3", "PUT a=3 @4");
  }

  /** A client never misses and never sees again its own put (architecture, registration). */
  @Test
  void aSnapshotFromTheLeaderIsReadAsHistoryByEverybody() {
    store.request(watch("a").request());
    store.put("a", "1");
    store.holdEvents(true);
    store.put("a", "2");
    store.put("a", "3");
    store.replaced();
    store.holdEvents(false);
    store.put("a", "4");

    assertThat(store.events(0))
        .containsExactly("PUT a=1 @2", "PUT a=2 @3", "PUT a=3 @4", "PUT a=4 @5");
  }

  @Test
  void aSnapshotWithoutAnythingNewLeavesWatchersWhereTheyAre() {
    store.request(watch("a").request());
    store.put("a", "1");
    store.replaced();

    assertThat(store.hub().watchersBehind()).isZero();
    store.put("a", "2");
    assertThat(store.events(0)).containsExactly("PUT a=1 @2", "PUT a=2 @3");
  }

  @Test
  void whenTheFanOutCannotKeepUpEverybodyReadsHistory() {
    var small = new HubHarness(new WatchSizes(1, 1, 1 << 20, 2, 0, 2, 1 << 20, 100, 1 << 20));
    for (var watcher = 0; watcher < 3; watcher++) {
      small.request(watch("a").to("z").request());
    }
    small.request(watch("a").request());
    small.request(watch("a").from(11).request());
    small.holdEvents(true);
    for (var value = 1; value <= 9; value++) {
      small.put("a", "" + value);
    }
    small.tellTogether();

    var expected =
        IntStream.rangeClosed(1, 9).mapToObj(v -> "PUT a=%d @%d".formatted(v, v + 1)).toList();
    var received = small.received();
    for (var watcher = 0; watcher <= 3; watcher++) {
      assertThat(HubHarness.eventsOf(received, watcher)).containsExactlyElementsOf(expected);
    }
    small.put("a", "10");
    assertThat(small.hub().watchersBehind()).isZero();
    assertThat(small.events(4)).containsExactly("PUT a=10 @11");
  }

  @Test
  void historyEndsWhereThePinnedStateDoes() {
    store.put("a", "1");
    store.put("a", "2");
    store.put("a", "3");
    var plan = new HistoryPlan.Stored(new Revision(2, 0), 3);

    var history = plan.complete(store.history(2));

    assertThat(history.to()).isEqualTo(3);
    assertThat(history.events())
        .extracting(event -> event.revision().main())
        .containsExactly(2L, 3L);
    assertThat(plan.complete(new History(2, 1, List.of())).to()).isEqualTo(3);
  }

  @Test
  void aSnapshotWhoseHistoryIsCompactedEndsTheWatch() {
    store.request(watch("a").request());
    store.holdEvents(true);
    store.put("a", "1");
    store.put("a", "2");
    store.compact(3);
    store.replaced();

    var last = store.received().getLast();
    assertThat(last.canceled()).isTrue();
    assertThat(last.compactRevision()).isEqualTo(3);
  }

  @Test
  void theStoresRevisionDecidesAndNotHowFarTheHubIs() {
    store.holdEvents(true);
    store.put("a", "1");
    store.request(watch("a").request());
    store.put("a", "2");
    store.holdEvents(false);

    assertThat(created()).isEqualTo(2);
    assertThat(store.events(0)).isEmpty();
    store.holdEvents(true);
    store.put("a", "3");
    store.holdEvents(false);
    assertThat(store.events(0)).containsExactly("PUT a=3 @4");
  }

  @Test
  void aRequestThatReachesTheHubLateIsServedFromItsOwnRevisionOn() {
    var at = store.revision();
    store.put("a", "1");
    store.put("a", "2");
    // The front end read the revision before the puts, the hub heard of the puts first.
    store.lateRequest(watch("a").request(), at);

    assertThat(store.events(0)).containsExactly("PUT a=1 @2", "PUT a=2 @3");
  }

  /** S9.13, S20.3: also when the hub hears late of what the store has long done. */
  @Test
  void aWatchNamesNoEarlierRevisionThanBefore() {
    store.holdEvents(true);
    for (var value = 1; value <= 8; value++) {
      store.put("k", "" + value);
    }
    for (var from = 2; from <= 9; from++) {
      store.request(watch("k").id(from).from(from).withProgress().request());
    }
    store.request(new WatchRequest.Progress());
    store.tick();
    store.put("k", "9");
    store.holdEvents(false);
    store.put("k", "10");

    var received = store.received();
    for (var from = 2; from <= 9; from++) {
      var id = from;
      var revisions =
          received.stream()
              .filter(response -> response.watchId() == id)
              .map(Response::revision)
              .toList();
      assertThat(revisions).as("from %d", from).isSorted().startsWith(9L).endsWith(11L);
      assertThat(HubHarness.eventsOf(received, id)).hasSize(11 - from + 1).doesNotHaveDuplicates();
    }
    var progress = received.stream().filter(response -> response.watchId() == -1).toList();
    assertThat(progress).hasSize(1);
    assertThat(progress.getFirst().revision()).isGreaterThanOrEqualTo(9);
  }

  /** Events from before a future start (etcd's issue 20221). */
  @Test
  void aFutureStartSeesNothingBefore() {
    store.request(watch("a").from(5).request());
    for (var value = 1; value <= 6; value++) {
      store.put("a", "" + value);
    }

    assertThat(store.events(0)).containsExactly("PUT a=4 @5", "PUT a=5 @6", "PUT a=6 @7");
  }

  /** The same when the watcher has to fall behind before its start. */
  @Test
  void aFutureStartSeesNothingBeforeEvenWhenItsStreamIsFull() {
    store.request(watch("a").id(1).request());
    store.request(watch("a").from(8).id(2).request());
    store.holdTransport(true);
    var large = "x".repeat(300_000);
    for (var value = 1; value <= 8; value++) {
      store.put("a", value + large);
    }
    store.holdTransport(false);

    var seen = store.received();
    assertThat(revisions(seen, 1)).containsExactly(2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);
    assertThat(revisions(seen, 2)).containsExactly(8L, 9L);
  }

  /** S9.9: the interval is drawn once for a stream, and its ticks are those of all its watchers. */
  @Test
  void aStreamTicksAtItsOwnIntervalWhoeverJoinsIt() {
    var other = 2L;
    store.hub().open(other, 1_100, 0);
    store.nowNanos = 500;
    store.request(other, watch("a").withProgress().request());
    for (var tick = 1; tick <= 5; tick++) {
      assertThat(store.hub().nextTickNanos()).isEqualTo(1_100L * tick);
      store.nowNanos = 1_100L * tick - HubHarness.TICK_NANOS;
      store.tick();
      store.request(other, watch("a").id(tick).withProgress().request());
    }

    var told = store.received(other).stream().filter(each -> !each.isControl()).toList();
    // The first tick has one watcher, the second two, and so on.
    assertThat(told).extracting(Response::watchId).hasSize(1 + 2 + 3 + 4 + 5);
    assertThat(told.stream().filter(each -> each.watchId() == 4)).hasSize(1);
  }

  /** Progress ahead of events (etcd's issue 15220). */
  @Test
  void idleProgressNeverPassesEventsThatAreStillToCome() {
    store.request(watch("a").withProgress().request());
    store.received();
    store.holdEvents(true);
    store.put("a", "1");
    store.tick();
    var idle = store.received();
    assertThat(idle).hasSize(1);
    assertThat(idle.getFirst().revision()).isEqualTo(1);
    store.holdEvents(false);
    assertThat(store.events(0)).containsExactly("PUT a=1 @2");

    store.tick();
    assertThat(store.received()).as("something was sent since").isEmpty();
    store.tick();
    assertThat(store.received().getFirst().revision()).isEqualTo(2);
  }

  /** Wrong previous value after a compaction. */
  @Test
  void aPreviousValueThatIsCompactedIsLeftOut() {
    store.put("a", "1");
    store.put("a", "2");
    store.put("a", "3");
    store.compact(3);
    store.request(watch("a").from(3).withPrevious().request());

    assertThat(store.events(0)).containsExactly("PUT a=2 @3", "PUT a=3 @4 was 2");
  }

  /** Dropped at a tombstone on the compact revision (etcd's issues 18089, 19179). */
  @Test
  void aWatchFromTheCompactRevisionSeesTheDeleteThere() {
    store.put("a", "1");
    store.delete("a");
    store.put("b", "1");
    store.compact(3);
    store.request(watch("a").to("z").from(3).request());

    assertThat(store.events(0)).containsExactly("DELETE a @3", "PUT b=1 @4");
  }

  /** A compaction keeps the newest record of a key, also of two in its revision (S7.2). */
  @Test
  void aWatchFromTheCompactRevisionSeesTheLastChangeOfEachKeyThere() {
    store.put("a", "1");
    store.apply(
        new Command.Txn(
            List.of(),
            List.of(
                new Command.DeleteRange(Bytes.utf8("a"), Bytes.hex("00"), false),
                new Command.Put(Bytes.utf8("a"), Bytes.utf8("2"), 0, false, false, false),
                new Command.Put(Bytes.utf8("b"), Bytes.utf8("2"), 0, false, false, false)),
            List.of()));
    store.request(watch("a").to("z").from(3).id(1).request());
    assertThat(store.events(1)).containsExactly("DELETE a @3", "PUT a=2 @3", "PUT b=2 @3");

    store.compact(3);
    store.forget();
    store.request(watch("a").to("z").from(3).id(2).request());
    assertThat(store.events(2)).containsExactly("PUT a=2 @3", "PUT b=2 @3");
  }

  @Test
  void aStartBelowTheCompactRevisionIsCancelledAfterItsCreation() {
    for (var value = 1; value <= 5; value++) {
      store.put("a", "" + value);
    }
    store.compact(4);
    store.request(watch("a").from(3).id(7).request());

    var responses = store.received();
    assertThat(responses).hasSize(2);
    assertThat(responses.getFirst().created()).isTrue();
    assertThat(responses.getLast())
        .isEqualTo(
            new Response(
                7, 0, false, true, 4, "", false, List.of(), responses.getLast().sizeBytes()));
    // The id stays taken until the client gives it up.
    store.request(watch("a").id(7).request());
    assertThat(store.received().getFirst().reason()).contains("duplicate watch ID");
    store.request(new WatchRequest.Cancel(7));
    assertThat(store.received().getFirst().canceled()).isTrue();
    store.request(watch("a").id(7).request());
    assertThat(store.received().getFirst().watchId()).isEqualTo(7);
  }

  @Test
  void aSlowWatcherThatACompactionOvertakesIsTold() {
    store.request(watch("a").request());
    store.holdTransport(true);
    for (var value = 1; value <= 6; value++) {
      store.put("a", value + "x".repeat(300_000));
    }
    store.compact(7);
    store.holdTransport(false);

    var responses = store.received();
    assertThat(responses.getLast().canceled()).isTrue();
    assertThat(responses.getLast().compactRevision()).isEqualTo(7);
    // No event after a hole.
    assertThat(revisions(responses, 0)).containsExactly(2L, 3L);
  }

  @Test
  void aCompactionOfThePresentLeavesSyncedWatchersAlone() {
    store.request(watch("a").request());
    store.put("a", "1");
    store.compact(2);
    store.put("a", "2");

    assertThat(store.events(0)).containsExactly("PUT a=1 @2", "PUT a=2 @3");
  }

  // Slow streams.

  @Test
  void aStreamThatTakesNothingHoldsNoMoreThanItsCapAndLosesNothing() {
    store.request(watch("a").request());
    store.received();
    store.holdTransport(true);
    for (var value = 1; value <= 40; value++) {
      store.put("a", "x".repeat(100_000));
    }
    var held = store.received();
    assertThat(held.stream().mapToInt(Response::sizeBytes).sum())
        .isLessThan((int) WatchHub.STREAM_BYTES + 200_000);
    assertThat(store.hub().watchersBehind()).isOne();
    store.holdTransport(false);

    var all = new ArrayList<>(held);
    all.addAll(store.received());
    assertThat(revisions(all, 0))
        .containsExactlyElementsOf(IntStream.rangeClosed(2, 41).mapToObj(r -> (long) r).toList());
    assertThat(store.hub().watchersBehind()).isZero();
  }

  @Test
  void howFarAStreamIsBehindIsKnownWhileItIs() {
    store.request(watch("a").request());
    store.received();
    store.holdTransport(true);
    for (var value = 1; value <= 40; value++) {
      store.put("a", "x".repeat(100_000));
    }
    var lag = store.hub().worstStreams(3);
    assertThat(lag).hasSize(1);
    assertThat(store.hub().streamsLagging()).isOne();
    assertThat(lag.getFirst().watchersBehind()).isOne();
    assertThat(lag.getFirst().revisions()).isBetween(30L, 40L);
    assertThat(lag.getFirst().unsentBytes()).isGreaterThanOrEqualTo(WatchHub.STREAM_BYTES);

    store.holdTransport(false);
    store.put("a", "1");
    assertThat(store.hub().worstStreams(3)).isEmpty();
    assertThat(store.hub().streamsLagging()).isZero();
  }

  /** What comes in while a turn is due waits for it: a hundred words are not a hundred turns. */
  @Test
  void inputsBetweenTurnsAreNotTurns() {
    for (var watcher = 0; watcher < 5_000; watcher++) {
      store.request(watch("a").request());
    }
    store.received();
    store.holdTurns(true);
    store.put("a", "1");
    var first = store.received().size();
    for (var input = 0; input < 10; input++) {
      store.request(new WatchRequest.Nothing());
    }
    assertThat(store.received()).isEmpty();
    assertThat(first).isLessThan(5_000);

    store.holdTurns(false);
    assertThat(first + store.received().size()).isEqualTo(5_000);
  }

  @Test
  void aSlowStreamDoesNotHoldUpAnother() {
    store.open(2);
    store.request(watch("a").request());
    store.request(2, watch("a").request());
    store.holdTransport(true);
    for (var value = 1; value <= 4; value++) {
      store.put("a", "x".repeat(200_000));
    }
    store.put("b", "1");
    store.request(2, watch("b").id(9).request());
    store.put("b", "2");

    assertThat(store.received(2).getLast().events()).containsExactly("PUT b=2 @7");
  }

  /** A previous value that memory has lost is fetched, and the order holds. */
  @Test
  void coldPreviousValuesAreFetched() {
    store.put("a", "1");
    store.put("a", "2");
    store.forget();
    store.request(watch("a").withPrevious().request());
    store.put("a", "3");
    store.delete("a");
    store.put("a", "4");

    assertThat(store.events(0))
        .containsExactly("PUT a=3 @4 was 2", "DELETE a @5 was 3", "PUT a=4 @6");
  }

  // Requests.

  @Test
  void afterACancelNothingComes() {
    store.request(watch("a").id(3).request());
    store.request(new WatchRequest.Cancel(3));
    store.request(new WatchRequest.Cancel(3));
    store.put("a", "1");

    var responses = store.received();
    assertThat(responses).hasSize(2);
    assertThat(responses.getLast().canceled()).isTrue();
    assertThat(store.hub().watchers()).isZero();
  }

  @Test
  void aCancelWhileHistoryIsReadWinsOverIt() {
    store.put("a", "1");
    store.holdHistory(true);
    store.request(watch("a").from(1).request());
    store.request(new WatchRequest.Cancel(0));
    store.holdHistory(false);

    assertThat(store.received()).allMatch(Response::isControl);
  }

  @Test
  void aStreamThatIsGoneIsForgotten() {
    store.request(watch("a").request());
    store.request(watch("b").withProgress().request());
    store.hub().close(HubHarness.STREAM);
    store.put("a", "1");
    store.tick();

    assertThat(store.received()).allMatch(Response::created);
    assertThat(store.hub().watchers()).isZero();
    assertThat(store.hub().nextTickNanos()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void largeRevisionsAreCutOnlyForWhoAsksForIt() {
    var small = new HubHarness(100_000);
    small.request(watch("a").to("z").id(1).request());
    small.request(watch("a").to("z").id(2).withFragments().request());
    small.received();
    var puts = new ArrayList<Command.TxnOp>();
    for (var key = 'a'; key < 'k'; key++) {
      puts.add(
          new Command.Put(
              Bytes.utf8("" + key), Bytes.utf8("x".repeat(100_000)), 0, false, false, false));
    }
    small.apply(new Command.Txn(List.of(), puts, List.of()));

    var responses = small.received();
    var whole = responses.stream().filter(response -> response.watchId() == 1).toList();
    var parts = responses.stream().filter(response -> response.watchId() == 2).toList();
    assertThat(whole).hasSize(1);
    assertThat(parts).extracting(Response::fragment).containsExactly(true, false);
    assertThat(parts).extracting(part -> part.events().size()).containsExactly(6, 4);
    assertThat(parts).allMatch(part -> part.sizeBytes() < 100_000 + 512 * 1024);
  }

  /** A delete of very many keys: finding out who gets what takes turns, too. */
  @Test
  void aRevisionWithManyEventsIsMatchedInTurns() {
    var slow =
        new HubHarness(
            new WatchSizes(2, 1 << 20, 1 << 20, 10, 1 << 20, 100, 1 << 20, 100, 1 << 20));
    var keys = List.of("a", "b", "c", "d", "e", "f", "g");
    keys.forEach(key -> slow.put(key, "1"));
    slow.request(watch("a").to("z").id(1).request());
    slow.request(watch("c").withPrevious().id(2).request());
    slow.request(watch("x").id(3).request());
    slow.received();
    slow.holdTurns(true);
    slow.apply(new Command.DeleteRange(Bytes.utf8("a"), Bytes.utf8("z"), false));
    assertThat(slow.received()).isEmpty();
    // Who comes in the middle of it has nothing to get of it, whether it is alone or not.
    slow.request(watch("a").to("z").id(4).request());
    slow.request(watch("g").id(5).request());
    slow.request(new WatchRequest.Cancel(3));
    slow.holdTurns(false);

    var received = slow.received();
    assertThat(HubHarness.eventsOf(received, 1))
        .containsExactlyElementsOf(keys.stream().map(key -> "DELETE " + key + " @9").toList());
    assertThat(HubHarness.eventsOf(received, 2)).containsExactly("DELETE c @9 was 1");
    assertThat(HubHarness.eventsOf(received, 4)).isEmpty();
    assertThat(HubHarness.eventsOf(received, 5)).isEmpty();
    slow.put("g", "2");
    assertThat(HubHarness.eventsOf(slow.received(), 5)).containsExactly("PUT g=2 @10");
  }

  private long created() {
    return store.received().stream().filter(Response::created).findFirst().orElseThrow().revision();
  }

  private static List<Long> revisions(List<Response> responses, long watchId) {
    return responses.stream()
        .filter(response -> response.watchId() == watchId)
        .flatMap(response -> response.events().stream())
        .map(event -> Long.valueOf(event.substring(event.lastIndexOf('@') + 1)))
        .toList();
  }
}
