package dev.kvorum.storage.watch;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;

/** The streams that have watchers behind, and which of them are the worst. */
final class LaggingStreams {
  /** Watchers that one look visits, so that it is short however many are behind. */
  private static final int MAX_VISITED = 10_000;

  private final LinkedHashSet<WatchStream> streams = new LinkedHashSet<>();

  /** One of the stream's watchers falls behind. */
  void fellBehind(WatchStream stream) {
    if (stream.watchersBehind++ == 0) {
      streams.add(stream);
    }
  }

  /** One of them is behind no more. */
  void caughtUp(WatchStream stream) {
    if (--stream.watchersBehind == 0) {
      streams.remove(stream);
    }
  }

  int count() {
    return streams.size();
  }

  /**
   * The worst, the worst first.
   *
   * @param revision the newest that everybody should have
   * @param max how many at most
   */
  List<StreamLag> worst(long revision, int max) {
    var lags = new ArrayList<StreamLag>();
    var visited = 0;
    for (var stream : streams) {
      if (visited > MAX_VISITED) {
        break;
      }
      visited += stream.watchers.size();
      var next =
          stream.watchers.values().stream()
              .filter(watcher -> watcher.state == Watcher.State.BEHIND)
              .mapToLong(watcher -> watcher.nextRevision)
              .min()
              .orElse(revision + 1);
      lags.add(
          new StreamLag(
              stream.number,
              stream.watchersBehind,
              Math.max(0, revision + 1 - next),
              stream.unsentBytes));
    }
    lags.sort(Comparator.comparingLong(StreamLag::revisions).reversed());
    return List.copyOf(lags.subList(0, Math.min(max, lags.size())));
  }
}
