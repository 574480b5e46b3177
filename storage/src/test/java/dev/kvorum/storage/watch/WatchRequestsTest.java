package dev.kvorum.storage.watch;

import static dev.kvorum.storage.watch.HubHarness.eventsOf;
import static dev.kvorum.storage.watch.HubHarness.watch;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.watch.HubHarness.Response;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a client may ask of a watch stream, and what it is told (contract S9.1 to S9.13). */
class WatchRequestsTest {
  private static final String COMPACTED = "etcdserver: mvcc: required revision has been compacted";
  private static final String EMPTY_RANGE = "mvcc: watcher range is empty";
  private static final String DUPLICATE_ID = "mvcc: duplicate watch ID provided on the WatchStream";

  private final HubHarness store = new HubHarness();

  /** S9.2: what is wrong with a request in several ways is refused for the first of them. */
  @Test
  void aCreateIsRefusedForTheFirstReasonInTheContractsOrder() {
    store.put("a", "1");
    store.request(watch("a").id(7).request());
    store.request(watch("b").to("a").from(-1).id(7).request());
    store.request(watch("b").to("a").id(7).request());
    store.request(watch("a").id(7).request());

    var answers = store.received();
    assertThat(answers)
        .extracting(Response::reason)
        .containsExactly("", COMPACTED, EMPTY_RANGE, DUPLICATE_ID);
    assertThat(answers).extracting(Response::watchId).containsExactly(7L, -1L, -1L, -1L);
    assertThat(answers).extracting(Response::compactRevision).containsOnly(0L);
    assertThat(answers).extracting(Response::revision).containsOnly(2L);
    assertThat(answers).allMatch(Response::created);
  }

  /** S9.2 e. */
  @Test
  void theServerTakesTheNextIdThatIsFreeAndARefusalTakesNone() {
    store.request(watch("a").id(1).request());
    store.request(watch("b").to("a").request());
    store.request(watch("a").request());
    store.request(watch("a").request());
    store.request(new WatchRequest.Cancel(0));
    store.request(watch("a").request());

    assertThat(store.received().stream().filter(Response::created))
        .extracting(Response::watchId)
        .containsExactly(1L, -1L, 0L, 2L, 3L);
  }

  /** S9.2 e, S9.7: what one stream does with an id is nothing to another. */
  @Test
  void idsAreAStreamsOwn() {
    var other = 2L;
    store.open(other);
    store.request(watch("a").id(7).request());
    store.request(other, watch("b").id(7).request());
    assertThat(store.received(other)).extracting(Response::watchId).containsExactly(7L);

    store.request(new WatchRequest.Cancel(7));
    store.put("a", "1");
    store.put("b", "1");

    assertThat(store.events(7)).isEmpty();
    assertThat(eventsOf(store.received(other), 7)).containsExactly("PUT b=1 @3");
  }

  /** S9.10, as clients write them: packed, or one by one. */
  @Test
  void filtersCombineHoweverTheyAreWritten() throws Exception {
    for (var both : List.of("0a070a01612a020001", "0a070a016128002801")) {
      var create = (WatchRequest.Create) WatchRequest.decode(Bytes.hex(both));
      assertThat(create.noPut()).isTrue();
      assertThat(create.noDelete()).isTrue();
    }
    var deletes = (WatchRequest.Create) WatchRequest.decode(Bytes.hex("0a060a01612a0100"));
    assertThat(deletes.noPut()).isTrue();
    assertThat(deletes.noDelete()).isFalse();
  }

  /** S9.9, S9.10: a message that is left without events is not sent, and so nothing was. */
  @Test
  void whoFiltersEverythingIsStillToldOfProgress() throws Exception {
    store.request(WatchRequest.decode(Bytes.hex("0a090a016120012a020001")));
    store.put("a", "1");
    store.delete("a");
    assertThat(store.received()).allMatch(Response::created);

    store.tick();
    assertThat(store.received()).extracting(Response::revision).containsExactly(3L);
  }

  /** S9.11: the record at the revision before, and not what the same transaction has put. */
  @Test
  void aPreviousValueIsTheOneBeforeTheTransaction() {
    store.put("a", "1");
    store.request(watch("a").to("c").withPrevious().request());
    store.apply(
        new Command.Txn(
            List.of(),
            List.of(
                put("a", "2"),
                put("b", "2"),
                new Command.DeleteRange(Bytes.utf8("a"), Bytes.hex("00"), false)),
            List.of()));

    assertThat(store.events(0))
        .containsExactly("PUT a=2 @3 was 1", "PUT b=2 @3", "DELETE a @3 was 1", "DELETE b @3");
  }

  /** S9.12: from exactly the limit on. */
  @Test
  void aMessageOfTheLimitIsSplitAndOneOfAByteLessIsNot() {
    var whole = twoEvents(Integer.MAX_VALUE);
    assertThat(whole).hasSize(1);
    var size = whole.getFirst().sizeBytes();

    assertThat(twoEvents(size + 1)).isEqualTo(whole);
    assertThat(twoEvents(size)).extracting(Response::fragment).containsExactly(true, false);
  }

  private static List<Response> twoEvents(int fragmentBytes) {
    var sizes = WatchSizes.ofMember(0, 1 << 20);
    var store =
        new HubHarness(
            new WatchSizes(
                sizes.turnMessages(),
                sizes.turnBytes(),
                sizes.streamBytes(),
                sizes.chunkRevisions(),
                sizes.recentBytes(),
                sizes.maxQueuedEvents(),
                fragmentBytes,
                sizes.chunkEvents(),
                sizes.responseBytes()));
    store.request(watch("a").to("c").id(300).withFragments().request());
    store.received();
    store.apply(new Command.Txn(List.of(), List.of(put("a", "1"), put("b", "1")), List.of()));
    return store.received();
  }

  /** S9.12: there is nothing to split in one event. */
  @Test
  void oneLargeEventIsNoFragment() {
    var small = new HubHarness(1_000);
    small.request(watch("a").withFragments().request());
    small.received();
    small.put("a", "x".repeat(600_000));

    var received = small.received();
    assertThat(received).hasSize(1);
    assertThat(received.getFirst().fragment()).isFalse();
    assertThat(received.getFirst().events()).hasSize(1);
  }

  /** S9.13. */
  @Test
  void aMessageNamesTheRevisionOfItsEventsAlthoughTheStoreIsFurther() {
    store.request(watch("a").request());
    store.received();
    store.holdEvents(true);
    store.put("a", "1");
    store.put("a", "2");
    store.put("b", "1");
    store.holdEvents(false);

    assertThat(store.received()).extracting(Response::revision).containsExactly(2L, 3L);
  }

  /** S9.6, S9.8: it is a watcher of the stream until the client cancels it, and never synced. */
  @Test
  void aWatchThatACompactionEndedKeepsProgressSilentUntilItIsGivenUp() {
    store.put("a", "1");
    store.put("a", "2");
    store.compact(3);
    store.request(watch("a").id(1).request());
    store.request(watch("a").from(2).id(2).withProgress().request());
    store.received();
    store.request(new WatchRequest.Progress());
    store.tick();
    assertThat(store.received()).isEmpty();

    store.request(new WatchRequest.Cancel(2));
    store.request(new WatchRequest.Progress());
    assertThat(store.received()).extracting(Response::watchId).containsExactly(2L, -1L);
  }

  /** S9.9: the others on its stream are told all the same. */
  @Test
  void aWatcherThatIsBehindIsNotToldOfProgress() {
    store.put("a", "1");
    store.request(watch("b").id(1).withProgress().request());
    store.holdHistory(true);
    store.request(watch("a").from(2).id(2).withProgress().request());
    store.received();
    store.tick();
    assertThat(store.received()).extracting(Response::watchId).containsExactly(1L);

    store.holdHistory(false);
    assertThat(store.events(2)).containsExactly("PUT a=1 @2");
    store.tick();
    assertThat(store.received())
        .as("2 had an event")
        .extracting(Response::watchId)
        .containsExactly(1L);
    store.tick();
    assertThat(store.received()).extracting(Response::watchId).containsExactlyInAnyOrder(1L, 2L);
  }

  /** S9.9, S9.4: current is not enough for who wants nothing before a later revision. */
  @Test
  void aWatcherIsNotToldOfProgressBeforeItsStart() {
    store.request(watch("a").from(3).withProgress().request());
    store.received();
    store.put("b", "1");
    store.tick();
    assertThat(store.received()).isEmpty();

    store.put("b", "2");
    store.tick();
    assertThat(store.received()).extracting(Response::revision).containsExactly(3L);
  }

  private static Command.Put put(String key, String value) {
    return new Command.Put(Bytes.utf8(key), Bytes.utf8(value), 0, false, false, false);
  }
}
