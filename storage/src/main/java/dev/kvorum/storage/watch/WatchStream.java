package dev.kvorum.storage.watch;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One client's stream and its watchers. */
final class WatchStream {
  /** The stream's number, which names it outside. */
  final long number;

  final Map<Long, Watcher> watchers = new HashMap<>(4);

  /** The next id that the server chooses, unless the client has used it. */
  long nextId;

  /** Sent and not yet taken by the transport. */
  long unsentBytes;

  /** Watchers that are behind and wait until the transport takes more. */
  final ArrayDeque<Watcher> parked = new ArrayDeque<>(0);

  /** The message that is being sent in fragments, if one is. */
  @Nullable OpenMessage open;

  /** How many watchers are behind ({@link LaggingStreams} counts). */
  int watchersBehind;

  /** How many watchers want to hear of progress. */
  int progressWatchers;

  final long tickNanos;
  long nextTickNanos;

  WatchStream(long number, long tickNanos, long nowNanos) {
    this.number = number;
    this.tickNanos = tickNanos;
    nextTickNanos = nowNanos + tickNanos;
  }

  /** Whether the watcher's events may be the next on the stream. */
  boolean isFreeFor(Watcher watcher) {
    var message = open;
    return message == null || message.watcher == watcher;
  }
}
