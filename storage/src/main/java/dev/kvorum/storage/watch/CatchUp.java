package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.StoreView;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A chunk of history on its way to those watchers that need it. Watchers that want the same of it
 * share one encoding.
 */
final class CatchUp {
  /** What a watcher wants of the chunk. */
  private record Want(KeyRange range, int variant, long from) {}

  /** Comparisons of events with ranges that one chunk may cost, unless one watcher needs more. */
  private static final int MAX_COMPARISONS = 100_000;

  final History history;
  final StoreView view;
  private final List<EncodedEvent> events;
  private final ArrayDeque<Watcher> participants = new ArrayDeque<>();
  private final Map<Want, List<EncodedEvent>> matched = new HashMap<>();
  private final Map<Want, EventBlock> blocks = new HashMap<>();
  private final Map<Revision, Bytes> fetched = new HashMap<>();
  private int comparisons;

  /**
   * @param view whose history stays readable until the chunk is used up
   */
  CatchUp(History history, StoreView view) {
    this.history = history;
    this.view = view;
    events = history.events().stream().map(EncodedEvent::new).toList();
  }

  /** Takes the watcher in, which is behind inside of the chunk; false when the chunk is full. */
  boolean add(Watcher watcher) {
    var want = want(watcher);
    if (!matched.containsKey(want)) {
      if (comparisons > 0 && comparisons + events.size() > MAX_COMPARISONS) {
        return false;
      }
      comparisons += events.size();
      matched.put(want, match(want));
    }
    participants.addLast(watcher);
    return true;
  }

  private static Want want(Watcher watcher) {
    return new Want(watcher.range, watcher.variant(), watcher.nextRevision);
  }

  private List<EncodedEvent> match(Want want) {
    var found = new ArrayList<EncodedEvent>();
    for (var event : events) {
      if (event.event.revision().main() >= want.from
          && want.range.contains(event.event.key())
          && Watcher.wants(want.variant, event.event)) {
        found.add(event);
      }
    }
    return found;
  }

  /** Records that must be fetched before the events can be encoded. */
  List<Revision> missing(Function<Revision, @Nullable Bytes> records) {
    var missing = new LinkedHashSet<Revision>();
    matched.forEach(
        (want, found) -> {
          if (Watcher.wantsPrevious(want.variant)) {
            for (var event : found) {
              var revision = event.missingPrevious(view, records);
              if (revision != null) {
                missing.add(revision);
              }
            }
          }
        });
    return List.copyOf(missing);
  }

  void fetched(Map<Revision, Bytes> records) {
    fetched.putAll(records);
  }

  /** Those who still get something. */
  Collection<Watcher> participants() {
    return participants;
  }

  /** The next watcher to serve, or null when all were. */
  @Nullable Watcher poll() {
    return participants.pollFirst();
  }

  /** What the watcher gets; null when a record has left memory again and must be fetched. */
  @Nullable EventBlock block(Watcher watcher, Function<Revision, @Nullable Bytes> records) {
    var want = want(watcher);
    var known = blocks.get(want);
    if (known != null) {
      return known;
    }
    var encoded = new ArrayList<Bytes>();
    for (var event : matched.getOrDefault(want, List.of())) {
      var bytes =
          Watcher.wantsPrevious(want.variant)
              ? event.withPrevious(view, revision -> record(revision, records))
              : event.plain();
      if (bytes == null) {
        return null;
      }
      encoded.add(bytes);
    }
    var block = EventBlock.of(encoded);
    blocks.put(want, block);
    return block;
  }

  private @Nullable Bytes record(Revision revision, Function<Revision, @Nullable Bytes> records) {
    var here = fetched.get(revision);
    return here != null ? here : records.apply(revision);
  }
}
