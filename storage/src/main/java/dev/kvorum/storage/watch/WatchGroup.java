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

  /** Members that want all of a revision in one message. */
  private int whole;

  /** Events of the revision that is being matched. */
  private final List<EncodedEvent> matched = new ArrayList<>();

  /** They are many, and no member wants them in one message: nothing is to be gathered. */
  private boolean tooMany;

  WatchGroup(KeyRange range) {
    this.range = range;
  }

  int size() {
    return size;
  }

  /**
   * Takes an event of the revision that is being matched.
   *
   * @param mostHeld events that are gathered for members who take fragments
   * @return whether it is the first one
   */
  boolean match(EncodedEvent event, int mostHeld) {
    var isFirst = matched.isEmpty() && !tooMany;
    if (whole == 0 && matched.size() >= mostHeld) {
      matched.clear();
      tooMany = true;
    }
    if (!tooMany) {
      matched.add(event);
    }
    return isFirst;
  }

  /** Whether the members are to read the revision from history, piece by piece. */
  boolean hasTooMany() {
    return tooMany;
  }

  /** The events that were matched; the next revision begins with none. */
  List<EncodedEvent> takeMatched() {
    var taken = List.copyOf(matched);
    matched.clear();
    tooMany = false;
    return taken;
  }

  void add(Watcher watcher) {
    whole += watcher.fragment ? 0 : 1;
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
    whole -= watcher.fragment ? 0 : 1;
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
