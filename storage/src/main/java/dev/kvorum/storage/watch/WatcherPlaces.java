package dev.kvorum.storage.watch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where each watcher is: synced in a group, or behind in the queue, or behind and parked with its
 * stream until that takes more. It is in one of the three, or in none once it has ended.
 */
final class WatcherPlaces {
  private final WatchSizes sizes;
  private final WatchGroups groups = new WatchGroups();

  /** Watchers that are behind and whose streams took more when they came here. */
  private ArrayDeque<Watcher> behind = new ArrayDeque<>();

  private final LaggingStreams lagging = new LaggingStreams();
  private int watcherCount;
  private int behindCount;

  WatcherPlaces(WatchSizes sizes) {
    this.sizes = sizes;
  }

  /** The groups of all who are synced. */
  WatchGroups groups() {
    return groups;
  }

  LaggingStreams lagging() {
    return lagging;
  }

  /** Watchers that are there, those that ended included. */
  int watchers() {
    return watcherCount;
  }

  /** Watchers that are behind, parked ones included. */
  int watchersBehind() {
    return behindCount;
  }

  /** A new watcher, which has no place yet. */
  void add(Watcher watcher) {
    watcherCount++;
  }

  /** The watcher is gone for good. */
  void remove(Watcher watcher) {
    setState(watcher, Watcher.State.CANCELED);
    groups.leave(watcher);
    watcherCount--;
  }

  /** Nothing comes to the watcher any more, and it keeps its id. */
  void end(Watcher watcher) {
    setState(watcher, Watcher.State.ENDED);
  }

  /** The watcher gets events as they happen from now on. */
  void sync(Watcher watcher) {
    setState(watcher, Watcher.State.SYNCED);
    groups.join(watcher);
  }

  /** The watcher reads history, from that revision on at the earliest. */
  void fallBehind(Watcher watcher, long revision) {
    groups.leave(watcher);
    setState(watcher, Watcher.State.BEHIND);
    watcher.nextRevision = Math.max(watcher.nextRevision, revision);
    enqueue(watcher);
  }

  /** The watcher, which is behind, takes its place at the end of the queue. */
  void enqueue(Watcher watcher) {
    if (mayRead(watcher)) {
      behind.addLast(watcher);
    } else {
      park(watcher);
    }
  }

  /** The watcher, which is behind, waits until its stream takes more. */
  void park(Watcher watcher) {
    watcher.stream.parked.addLast(watcher);
  }

  private void setState(Watcher watcher, Watcher.State state) {
    if (watcher.state == Watcher.State.BEHIND) {
      behindCount--;
      lagging.caughtUp(watcher.stream);
    }
    if (state == Watcher.State.BEHIND) {
      behindCount++;
      lagging.fellBehind(watcher.stream);
    }
    watcher.state = state;
  }

  /** Whether history may be read for the watcher, which is behind. */
  boolean mayRead(Watcher watcher) {
    return hasRoomAgain(watcher.stream) && watcher.stream.isFreeFor(watcher);
  }

  private boolean hasRoomAgain(WatchStream stream) {
    return stream.unsentBytes < sizes.streamBytes() / 2;
  }

  /**
   * The stream has taken something, or a message is complete that kept others from it: those who
   * waited for that may be back in the queue.
   */
  void unpark(WatchStream stream) {
    if (!hasRoomAgain(stream)) {
      return;
    }
    var message = stream.open;
    if (message == null) {
      behind.addAll(stream.parked);
      stream.parked.clear();
    } else if (stream.parked.remove(message.watcher)) {
      behind.addLast(message.watcher);
    }
  }

  /** Hands over everybody who is synced; who it is may change meanwhile. */
  void forEachSynced(Consumer<Watcher> visitor) {
    var synced = new ArrayList<Watcher>();
    groups.forEach(
        group -> {
          var members = group.share();
          // The array is longer than the group.
          synced.addAll(Arrays.asList(members).subList(0, group.size()));
        });
    synced.forEach(visitor);
  }

  /** Whether nobody stands in the queue, not even one who is gone. */
  boolean isQueueEmpty() {
    return behind.isEmpty();
  }

  /** The first in the queue whose stream takes more, or null; those before it lose their places. */
  @Nullable Watcher firstBehind() {
    for (var first = behind.peekFirst(); first != null; first = behind.peekFirst()) {
      if (first.state == Watcher.State.BEHIND) {
        if (mayRead(first)) {
          return first;
        }
        park(first);
      }
      behind.removeFirst();
    }
    return null;
  }

  /** Empties the queue and gives everybody who stood there and is behind still, in order. */
  List<Watcher> takeQueue() {
    var taken = behind;
    behind = new ArrayDeque<>();
    return taken.stream().filter(watcher -> watcher.state == Watcher.State.BEHIND).toList();
  }

  /** The watcher goes back to the queue, whatever its stream takes. */
  void putBack(Watcher watcher) {
    behind.addLast(watcher);
  }
}
