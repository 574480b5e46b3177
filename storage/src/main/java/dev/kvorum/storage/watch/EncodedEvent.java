package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.StoreView;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** An event and, once somebody wanted them, its two encodings: without and with what was before. */
final class EncodedEvent {
  final Event event;
  private @Nullable Bytes plain;
  private @Nullable Bytes withPrevious;

  EncodedEvent(Event event) {
    this.event = event;
  }

  Bytes plain() {
    var encoded = plain;
    if (encoded == null) {
      encoded = WatchResponses.event(event, null);
      plain = encoded;
    }
    return encoded;
  }

  /** The event with the previous record, or null when that record is not at hand. */
  @Nullable Bytes withPrevious(StoreView view, Function<Revision, @Nullable Bytes> records) {
    if (withPrevious == null) {
      var revision = previousOf(event, view);
      if (revision == null) {
        withPrevious = plain();
      } else {
        var record = records.apply(revision);
        withPrevious = record == null ? null : WatchResponses.event(event, record);
      }
    }
    return withPrevious;
  }

  /** The record to fetch before {@link #withPrevious} can be told, or null. */
  @Nullable Revision missingPrevious(StoreView view, Function<Revision, @Nullable Bytes> records) {
    if (withPrevious != null) {
      return null;
    }
    var revision = previousOf(event, view);
    return revision == null || records.apply(revision) != null ? null : revision;
  }

  /** How large the previous record is, whether it is at hand or not; 0 when there is none. */
  int previousBytes(StoreView view) {
    if (previousOf(event, view) == null) {
      return 0;
    }
    var entry = view.index().find(event.key(), event.revision().main() - 1);
    return entry == null ? 0 : entry.recordSize();
  }

  /**
   * Where the key's state before the event's transaction is kept (contract S9.11): nowhere for a
   * put that created the key, nor when that state is compacted.
   */
  private static @Nullable Revision previousOf(Event event, StoreView view) {
    var main = event.revision().main();
    if (main - 1 < view.compactRevision() || creates(event)) {
      return null;
    }
    var replaced = event.previous();
    if (replaced != null && replaced.main() < main) {
      return replaced;
    }
    var entry = view.index().find(event.key(), main - 1);
    return entry == null ? null : entry.revision();
  }

  private static boolean creates(Event event) {
    return !event.deleted()
        && KeyValueCodec.decodeStored(event.kv()).createRevision() == event.revision().main();
  }
}
