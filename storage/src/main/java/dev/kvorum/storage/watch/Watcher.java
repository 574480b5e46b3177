package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.KeyRange;
import org.jspecify.annotations.Nullable;

/** One watcher of one stream. */
final class Watcher {
  /** Where the watcher stands. */
  enum State {
    /** In a group: gets each event as it happens. */
    SYNCED,
    /** Needs events of the past first. */
    BEHIND,
    /** Fell behind a compaction; keeps its id until the client cancels it (contract S9.6). */
    ENDED,
    /** Gone; whoever still meets it passes it over. */
    CANCELED
  }

  final WatchStream stream;
  final long id;
  final KeyRange range;

  /**
   * No message to the watcher names an earlier revision: the one at which it was created, or the
   * one from which on the client wants events, if that is later.
   */
  final long floor;

  final boolean prevKv;
  final boolean noPut;
  final boolean noDelete;
  final boolean fragment;
  final boolean progressNotify;

  State state = State.SYNCED;

  /** Events of this revision and above are still to be sent; below it none ever is. */
  long nextRevision;

  /** Where the watcher is while it is synced. */
  @Nullable WatchGroup group;

  /** Its place in the group. */
  int place;

  /** Something was sent since the stream's last tick (contract S9.9). */
  boolean active;

  /**
   * @param atRevision the store's when the request came in
   */
  Watcher(
      WatchStream stream, long id, WatchRequest.Create request, KeyRange range, long atRevision) {
    this.stream = stream;
    this.id = id;
    this.range = range;
    floor = Math.max(request.startRevision(), atRevision);
    prevKv = request.prevKv();
    noPut = request.noPut();
    noDelete = request.noDelete();
    fragment = request.fragment();
    progressNotify = request.progressNotify();
    nextRevision = request.startRevision() == 0 ? atRevision + 1 : request.startRevision();
  }

  /** Where in {@link #nextRevision} its events go on, of which fragments were sent before. */
  long nextSub() {
    var message = stream.open;
    return message == null || message.watcher != this ? 0 : message.next.sub();
  }

  /** Which of the eight ways to encode a group's events this watcher wants. */
  int variant() {
    return (prevKv ? 1 : 0) | (noPut ? 2 : 0) | (noDelete ? 4 : 0);
  }

  static final int VARIANTS = 8;

  static boolean wantsPrevious(int variant) {
    return (variant & 1) != 0;
  }

  static boolean wants(int variant, Event event) {
    return (variant & (event.deleted() ? 4 : 2)) == 0;
  }
}
