package dev.kvorum.storage.checkpoint;

import dev.kvorum.storage.index.IndexView;

/** Shows an index again and again while it changes. */
@FunctionalInterface
public interface IndexViews {
  /**
   * A view, not older than the one before, which says everything ({@link IndexView#isWhole}). The
   * caller has a claim on it and gives it back. May block.
   *
   * @throws java.util.concurrent.CancellationException if there is to be no checkpoint: the node
   *     stops, or a compaction was begun since the first view
   */
  IndexView hold();
}
