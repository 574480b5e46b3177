package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.KeyRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * All synced watchers of one range. A fan-out that takes several turns works on the members as they
 * were when it began: who joins or leaves meanwhile changes a copy.
 */
final class WatchGroup {
  final KeyRange range;

  private Watcher[] members = new Watcher[1];
  private int size;
  private boolean shared;

  /** Events of the revision that is being matched. */
  final List<EncodedEvent> matched = new ArrayList<>();

  WatchGroup(KeyRange range) {
    this.range = range;
  }

  int size() {
    return size;
  }

  void add(Watcher watcher) {
    if (size == members.length) {
      members = Arrays.copyOf(members, 2 * size);
      shared = false;
    }
    own();
    watcher.group = this;
    watcher.place = size;
    members[size++] = watcher;
  }

  void remove(Watcher watcher) {
    own();
    var last = members[--size];
    members[watcher.place] = last;
    last.place = watcher.place;
    watcher.group = null;
  }

  private void own() {
    if (shared) {
      members = members.clone();
      shared = false;
    }
  }

  /** The members in {@code [0, size())} as of now; the array never changes from here on. */
  Watcher[] share() {
    shared = true;
    return members;
  }
}
