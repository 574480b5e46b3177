package dev.kvorum.simulator.oracle;

import dev.kvorum.simulator.world.WatchMessage;
import dev.kvorum.simulator.world.WrongException;
import dev.kvorum.storage.watch.WatchRequest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What watches promise (contract S9), judged where their clients hear them, by the history of the
 * committed log: each watcher is shown exactly the changes that it asked for, in order, each once,
 * those of one revision together and nothing from before its start; with the previous values where
 * it wants them; progress never runs ahead; a watch is cancelled only when a compaction has taken
 * what it needs. That everything comes in the end is what {@code WatchSession} insists on.
 */
final class WatchOracle {
  /** A creation that is not answered yet, and the member's revision when it arrived. */
  private record Pending(WatchRequest.Create request, long revision) {}

  private static final class Stream {
    private final ArrayDeque<Pending> pending = new ArrayDeque<>();
    private final TreeMap<Long, WatchedRange> watchers = new TreeMap<>();

    /** Cancels on their way, in order. */
    private final List<Long> cancels = new ArrayList<>();

    /** Whose message came in fragments, of which the last is to come; or null. */
    private @Nullable Long open;
  }

  private final NaiveModel model;

  /** By line; never iterated. */
  private final Map<Long, Stream> streams = new HashMap<>();

  WatchOracle(NaiveModel model) {
    this.model = model;
  }

  /** A request has reached a member. */
  void asked(long line, WatchRequest request, long revision) {
    var stream = streams.computeIfAbsent(line, _ -> new Stream());
    switch (request) {
      case WatchRequest.Create create -> stream.pending.addLast(new Pending(create, revision));
      case WatchRequest.Cancel(var id) -> stream.cancels.add(id);
      case WatchRequest.Progress _, WatchRequest.Nothing _ -> {
        // What is answered to them is judged by itself.
      }
    }
  }

  /** A client hears this. */
  void heard(long line, WatchMessage message) {
    var stream = streams.get(line);
    if (stream == null) {
      throw new WrongException("a member answers what it was asked", "" + message);
    }
    // Clients put fragments together as they come, and lose what comes in between.
    if (stream.open != null && (stream.open != message.watchId() || message.created())) {
      throw new WrongException(
          "nothing comes between the fragments of a message",
          "%s, open is %d".formatted(message, stream.open));
    }
    stream.open = message.fragment() ? (Long) message.watchId() : null;
    if (message.created()) {
      created(stream, message);
    } else if (message.canceled()) {
      canceled(stream, message);
    } else if (message.watchId() < 0) {
      stream.watchers.values().forEach(each -> each.progressed(message.revision(), message));
    } else {
      told(stream, message);
    }
  }

  private void created(Stream stream, WatchMessage message) {
    var pending = stream.pending.pollFirst();
    if (pending == null) {
      throw new WrongException("each creation is answered once", "" + message);
    }
    var request = pending.request;
    if (message.revision() != pending.revision) {
      throw new WrongException(
          "a created watch names the revision at which it was asked for",
          "%s, not %d".formatted(message, pending.revision));
    }
    var isDuplicate = request.watchId() != 0 && stream.watchers.containsKey(request.watchId());
    var isRefused =
        request.startRevision() < 0 || WatchedRange.range(request).isEmpty() || isDuplicate;
    var isNew = !message.canceled() && !stream.watchers.containsKey(message.watchId());
    var isOwn = request.watchId() == 0 || request.watchId() == message.watchId();
    if (isRefused ? !message.canceled() || message.watchId() != -1 : !isNew || !isOwn) {
      throw new WrongException(
          "a creation is answered as the contract says", "%s to %s".formatted(message, request));
    }
    if (!isRefused) {
      stream.watchers.put(message.watchId(), new WatchedRange(model, request, message.revision()));
    }
  }

  private static void canceled(Stream stream, WatchMessage message) {
    var watcher = stream.watchers.get(message.watchId());
    if (watcher == null) {
      throw new WrongException("only what was begun is cancelled", "" + message);
    }
    if (message.compactRevision() != 0) {
      watcher.overtaken(message);
    } else if (stream.cancels.remove(message.watchId())) {
      stream.watchers.remove(message.watchId());
    } else {
      throw new WrongException("nobody cancels a watch but its client", "" + message);
    }
  }

  private static void told(Stream stream, WatchMessage message) {
    var watcher = stream.watchers.get(message.watchId());
    if (watcher == null) {
      throw new WrongException("only what was begun is shown something", "" + message);
    }
    if (!message.isProgress()) {
      watcher.shown(message);
    } else if (watcher.isOpen()) {
      watcher.completed();
    } else if (watcher.wantsProgress()) {
      watcher.progressed(message.revision(), message);
    } else {
      throw new WrongException("progress is told to who wants it", "" + message);
    }
  }
}
