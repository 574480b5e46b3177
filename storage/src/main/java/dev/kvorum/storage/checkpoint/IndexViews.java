package dev.kvorum.storage.checkpoint;

import dev.kvorum.storage.index.IndexView;

/** Shows an index again and again while it changes. */
@FunctionalInterface
public interface IndexViews {
  /**
   * A view, not older than the one before, from which no compaction has taken anything since. The
   * caller has a claim on it and gives it back.
   *
   * @throws java.util.concurrent.CancellationException if there is to be no checkpoint any more
   */
  IndexView hold();
}
