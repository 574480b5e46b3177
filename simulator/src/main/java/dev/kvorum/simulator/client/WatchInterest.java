package dev.kvorum.simulator.client;

import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.world.WatchMessage;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.watch.WatchRequest;

/** What one watcher of a session wants to see, and how far it has seen it. */
final class WatchInterest {
  private static final Bytes ZERO = Bytes.hex("00");
  private static final long FIRST_OWN_ID = 100;
  private static final int CHANCES = 8;

  private final Bytes key;
  private final Bytes rangeEnd;
  private final boolean progressNotify;
  private final boolean noPut;
  private final boolean noDelete;
  private final boolean prevKv;
  private final boolean fragment;
  private final long ownId;

  /** Everything below was seen; 0 while it does not matter where the watch begins. */
  private long next;

  /** What the watcher was created with. */
  private long startedAt;

  /** The watcher's id, or -1 while it has none. */
  private long id = -1;

  WatchInterest(SimRandom random, KeySpace keys, int number) {
    var at = random.below(keys.count());
    switch (random.below(5)) {
      case 0 -> {
        key = keys.key(at);
        rangeEnd = Bytes.EMPTY;
      }
      case 1 -> {
        key = keys.directory(at);
        rangeEnd = keys.directoryEnd(at);
      }
      case 2 -> {
        key = keys.key(at);
        rangeEnd = ZERO;
      }
      default -> {
        key = Bytes.EMPTY;
        rangeEnd = ZERO;
      }
    }
    progressNotify = random.below(3) == 0;
    noPut = random.below(CHANCES) == 0;
    noDelete = random.below(CHANCES) == 0;
    prevKv = random.below(2) == 0;
    fragment = random.below(3) == 0;
    ownId = random.below(4) == 0 ? FIRST_OWN_ID + number : 0;
    // Half of them begin in the past, where that is.
    next = random.below(2) == 0 ? 1 + random.below(3) : 0;
  }

  WatchRequest.Create create() {
    startedAt = next;
    return new WatchRequest.Create(
        key, rangeEnd, next, progressNotify, noPut, noDelete, prevKv, ownId, fragment);
  }

  boolean isOpen() {
    return id >= 0;
  }

  long id() {
    return id;
  }

  void created(WatchMessage message) {
    id = message.watchId();
    if (next == 0) {
      next = message.revision() + 1;
    }
  }

  void closed() {
    id = -1;
  }

  /** The revision to go on from. */
  long next() {
    return next;
  }

  /** Where the present watcher began. */
  long startedAt() {
    return startedAt;
  }

  /** Begins somewhere else next time. */
  void goTo(long revision) {
    next = revision;
  }

  /** Everything up to the revision has come. */
  void passed(long revision) {
    next = Math.max(next, revision + 1);
  }

  /** A message with events. */
  void saw(WatchMessage message) {
    var last = message.changes().getLast().revision();
    // More of a revision may follow a fragment.
    passed(message.fragment() ? last - 1 : last);
  }
}
