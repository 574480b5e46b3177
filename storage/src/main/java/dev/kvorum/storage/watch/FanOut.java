package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.StoreView;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The delivery of one revision to all watchers that were synced when it began. It may take several
 * turns: first {@link #match} finds out who gets what, then {@link #next} says who is the next to
 * get something.
 */
final class FanOut {
  /** One group's part. */
  static final class Target {
    private final boolean tooMany;
    private final List<EncodedEvent> events;
    private final Watcher[] members;
    private final int size;

    /** Per variant: the events in the form that its watchers want, once one of them is met. */
    private final @Nullable EventBlock[] blocks = new @Nullable EventBlock[Watcher.VARIANTS];

    private int at;

    Target(WatchGroup group) {
      tooMany = group.hasTooMany();
      events = group.takeMatched();
      members = group.share();
      size = group.size();
    }

    /**
     * The events for watchers of the variant; null when a previous record is not at hand, or when
     * they are more than can be given away at once.
     */
    @Nullable EventBlock block(
        int variant, StoreView view, Function<Revision, @Nullable Bytes> records, long maxBytes) {
      var known = blocks[variant];
      if (known != null || tooMany) {
        return known;
      }
      var encoded = new ArrayList<Bytes>(events.size());
      var size = 0L;
      for (var event : events) {
        if (!Watcher.wants(variant, event.event)) {
          continue;
        }
        var bytes =
            Watcher.wantsPrevious(variant) ? event.withPrevious(view, records) : event.plain();
        size += bytes == null ? 0 : bytes.size();
        if (bytes == null || size > maxBytes) {
          return null;
        }
        encoded.add(bytes);
      }
      var block = EventBlock.of(encoded);
      blocks[variant] = block;
      return block;
    }
  }

  final long revision;
  private final WatchGroups groups;
  private final int count;
  private final int mostHeld;
  private final Iterator<Event> unmatched;
  private final List<WatchGroup> touched = new ArrayList<>();
  private final List<Target> targets = new ArrayList<>();
  private boolean matched;
  private int current;

  /**
   * @param mostHeld events that are gathered for watchers who take fragments
   */
  FanOut(long revision, List<Event> events, WatchGroups groups, int mostHeld) {
    this.revision = revision;
    this.groups = groups;
    this.mostHeld = mostHeld;
    count = events.size();
    unmatched = events.iterator();
  }

  /**
   * Finds out who gets which of the next events. Who joins a group meanwhile has nothing to get of
   * this revision.
   *
   * @return whether all events are matched, so that there is nothing to do but to deliver them
   */
  boolean match(int maxEvents) {
    if (matched) {
      return true;
    }
    var isLarge = count > maxEvents;
    for (var left = maxEvents; left > 0 && unmatched.hasNext() && !groups.isEmpty(); left--) {
      var event = unmatched.next();
      var encoded = new EncodedEvent(event);
      groups.forEach(
          event.key(),
          group -> {
            if (group.match(encoded, mostHeld)) {
              touched.add(group);
            }
            if (isLarge && !group.hasTooMany()) {
              // Now, or one turn would have to encode all of them.
              encoded.plain();
            }
          });
    }
    if (unmatched.hasNext() && !groups.isEmpty()) {
      return false;
    }
    matched = true;
    touched.forEach(group -> targets.add(new Target(group)));
    return true;
  }

  /** The group whose turn it is, or null when everybody was served. */
  @Nullable Target target() {
    while (current < targets.size() && targets.get(current).at == targets.get(current).size) {
      current++;
    }
    return current < targets.size() ? targets.get(current) : null;
  }

  /** The next member of the target that has one. */
  Watcher next(Target target) {
    return target.members[target.at++];
  }
}
