package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.ResponseCodec.Origin;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.StoreView;
import dev.kvorum.storage.watch.GatheredEvents.Fragments;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A chunk of history on its way to those watchers that need it. Watchers that want the same of it
 * share one encoding.
 *
 * <p>A revision that is too large for one chunk comes in parts. Its events are to travel in one
 * message (contract S9.12), so what is wanted of each part is encoded and kept, and everything else
 * of it is let go: neither the events as objects nor the records before them are ever here for more
 * than a part. Watchers who take fragments are given those as soon as one is full, and go; they
 * come again for the rest.
 */
final class CatchUp {
  /** What a watcher wants of the chunk. */
  private record Want(KeyRange range, int variant, long from, long fromSub, boolean fragment) {
    /** Whether fragments had it that came before. */
    boolean wasSent(Revision revision) {
      return revision.main() == from && revision.sub() < fromSub;
    }
  }

  /** What a watcher is given before the revision is read to its end. */
  record Cut(Watcher watcher, Fragments fragments) {}

  /** Comparisons of events with ranges that one chunk may cost, unless one watcher needs more. */
  private static final int MAX_COMPARISONS = 100_000;

  final StoreView view;

  /** The chunk, or the newest part of the revision. */
  private History history;

  private List<EncodedEvent> events;
  private final ArrayDeque<Watcher> participants = new ArrayDeque<>();

  /** In the order in which the first watcher of each came. */
  private final SequencedMap<Want, List<EncodedEvent>> matched = new LinkedHashMap<>();

  /** What is wanted of the parts before this one. */
  private final Map<Want, GatheredEvents> kept = new HashMap<>();

  /** What is wanted of the newest part is kept. */
  private boolean isKept;

  /** Those who are given fragments, and are not among the participants any more. */
  private final ArrayDeque<Cut> cuts = new ArrayDeque<>();

  private long keptBytes;
  private final Map<Want, EventBlock> blocks = new HashMap<>();
  private final Map<Revision, Bytes> fetched = new HashMap<>();
  private int comparisons;
  private @Nullable Bytes header;
  private long headerRevision;

  /**
   * @param view whose history stays readable until the chunk is used up
   */
  CatchUp(History history, StoreView view) {
    this.history = history;
    this.view = view;
    events = encodable(history);
  }

  private static List<EncodedEvent> encodable(History history) {
    return history.events().stream().map(EncodedEvent::new).toList();
  }

  History history() {
    return history;
  }

  /** Whether more of the revision is to come before anybody gets anything. */
  boolean isPart() {
    return history.rest() != null;
  }

  /** Goes on with the next part of the revision. */
  void goOn(History part) {
    blocks.clear();
    fetched.clear();
    use(part);
  }

  private void use(History chunk) {
    history = chunk;
    events = encodable(chunk);
    isKept = false;
    matched.replaceAll((want, _) -> match(want));
  }

  /**
   * Ends the chunk earlier when the records before its changes, which somebody wants, are more than
   * so many bytes together.
   *
   * @return who wants nothing of what is left
   */
  List<Watcher> limitPrevious(long maxBytes) {
    var wanted = new HashSet<EncodedEvent>();
    matched.forEach(
        (want, found) -> {
          if (Watcher.wantsPrevious(want.variant)) {
            wanted.addAll(found);
          }
        });
    var bytes = 0L;
    for (var at = 0; at < events.size() && !wanted.isEmpty(); at++) {
      if (at > 0 && bytes >= maxBytes) {
        use(history.before(at));
        var later = participants.stream().filter(each -> each.nextRevision > history.to()).toList();
        participants.removeAll(later);
        return later;
      }
      if (wanted.contains(events.get(at))) {
        bytes += events.get(at).previousBytes(view);
      }
    }
    return List.of();
  }

  /**
   * Keeps what is wanted of the part, unless it is kept already.
   *
   * @param fragmentBytes who takes fragments and has so much is given them: {@link #pollCut}
   * @return false when a record for it must be fetched first
   */
  boolean keep(Function<Revision, @Nullable Bytes> records, long fragmentBytes) {
    if (isKept) {
      return true;
    }
    for (var want : matched.keySet()) {
      if (encode(want, records) == null) {
        return false;
      }
    }
    for (var want : List.copyOf(matched.keySet())) {
      var block = blocks.get(want);
      if (block != null && !block.isEmpty()) {
        var gathered = kept.computeIfAbsent(want, _ -> new GatheredEvents(history.to()));
        gathered.add(block, matched.getOrDefault(want, List.of()));
        keptBytes += block.bytes().size();
        if (want.fragment && gathered.isFull(fragmentBytes)) {
          var fragments = gathered.cut(fragmentBytes);
          withdraw(want).forEach(watcher -> cuts.addLast(new Cut(watcher, fragments)));
        }
      }
    }
    isKept = true;
    return true;
  }

  /** The next one to be given fragments, or null. */
  @Nullable Cut pollCut() {
    return cuts.pollFirst();
  }

  boolean hasCuts() {
    return !cuts.isEmpty();
  }

  /** Lets those go who want this, and what is kept for them. */
  private List<Watcher> withdraw(Want want) {
    matched.remove(want);
    var gathered = kept.remove(want);
    keptBytes -= gathered == null ? 0 : gathered.bytes();
    var withdrawn = participants.stream().filter(watcher -> want(watcher).equals(want)).toList();
    participants.removeAll(withdrawn);
    return withdrawn;
  }

  /** What is kept of all parts so far. */
  long keptBytes() {
    return keptBytes;
  }

  /** How many different things are wanted. */
  int wants() {
    return matched.size();
  }

  /** Lets those go who want what was wanted last, and what is kept for them. */
  List<Watcher> dropLast() {
    return withdraw(matched.sequencedKeySet().getLast());
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
    return new Want(
        watcher.range,
        watcher.variant(),
        watcher.nextRevision,
        watcher.nextSub(),
        watcher.fragment);
  }

  private List<EncodedEvent> match(Want want) {
    var found = new ArrayList<EncodedEvent>();
    for (var event : events) {
      var revision = event.event.revision();
      if (revision.main() >= want.from
          && !want.wasSent(revision)
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
  Stream<Watcher> watchers() {
    return Stream.concat(cuts.stream().map(Cut::watcher), participants.stream());
  }

  /** The header with that revision, which most watchers share. */
  Bytes header(Origin origin, long revision) {
    var newest = header;
    if (newest == null || headerRevision != revision) {
      newest = WatchResponses.header(origin, revision);
      header = newest;
      headerRevision = revision;
    }
    return newest;
  }

  /** The next watcher to serve, or null when all were. */
  @Nullable Watcher poll() {
    return participants.pollFirst();
  }

  /** What the watcher gets; null when a record has left memory again and must be fetched. */
  @Nullable EventBlock block(Watcher watcher, Function<Revision, @Nullable Bytes> records) {
    return encode(want(watcher), records);
  }

  /** What is wanted of the chunk, or of the whole revision when this is the last part of it. */
  private @Nullable EventBlock encode(Want want, Function<Revision, @Nullable Bytes> records) {
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
    var before = kept.get(want);
    if (before != null && !isPart()) {
      block = before.with(block);
    }
    blocks.put(want, block);
    return block;
  }

  private @Nullable Bytes record(Revision revision, Function<Revision, @Nullable Bytes> records) {
    var here = fetched.get(revision);
    return here != null ? here : records.apply(revision);
  }
}
