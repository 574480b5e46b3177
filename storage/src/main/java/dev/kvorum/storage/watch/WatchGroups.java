package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyRange;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Finds the groups that watch a key: single keys by a hash, ranges by an interval tree. Watchers of
 * equal ranges share a group, so what a change costs depends on how many different ranges hold the
 * key and not on how many watchers there are.
 */
final class WatchGroups {
  private final Map<Bytes, WatchGroup> singles = new HashMap<>();
  private final IntervalTree ranges = new IntervalTree();

  /** Whether nobody is synced. */
  boolean isEmpty() {
    return singles.isEmpty() && ranges.isEmpty();
  }

  void join(Watcher watcher) {
    var range = watcher.range;
    var group =
        isSingle(range)
            ? singles.computeIfAbsent(range.from(), _ -> new WatchGroup(range))
            : ranges.findOrAdd(range);
    group.add(watcher);
  }

  void leave(Watcher watcher) {
    var group = watcher.group;
    if (group == null) {
      return;
    }
    group.remove(watcher);
    if (group.size() == 0) {
      if (isSingle(group.range)) {
        singles.remove(group.range.from());
      } else {
        ranges.remove(group.range);
      }
    }
  }

  /** Hands over every group whose range holds the key. */
  void forEach(Bytes key, Consumer<WatchGroup> visitor) {
    var single = singles.get(key);
    if (single != null) {
      visitor.accept(single);
    }
    ranges.stab(key, visitor);
  }

  /** Hands over every group. */
  void forEach(Consumer<WatchGroup> visitor) {
    singles.values().forEach(visitor);
    ranges.forEach(visitor);
  }

  /** Whether the range ends right behind its first key. */
  private static boolean isSingle(KeyRange range) {
    var to = range.to();
    return to != null
        && to.size() == range.from().size() + 1
        && to.at(to.size() - 1) == 0
        && to.startsWith(range.from());
  }
}
