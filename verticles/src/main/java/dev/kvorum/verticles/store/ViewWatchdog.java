package dev.kvorum.verticles.store;

import dev.kvorum.storage.index.IndexUsage;

/**
 * Notices a view of the key index that is held for so long that somebody must have forgotten it:
 * every page that was replaced since then stays in memory. A reader of a whole large store, such as
 * a hash of its history, may take long and is not meant.
 */
final class ViewWatchdog {
  /** Longer than anything that reads through one view should take. */
  static final long SUSPICIOUS_NANOS = 5 * 60 * 1_000_000_000L;

  private long oldestView = -1;
  private long oldestSinceNanos;
  private boolean told;

  /** Hears of every published view; true once for each view that is held for too long. */
  boolean isSuspicious(IndexUsage usage, long nowNanos) {
    if (usage.oldestView() != oldestView) {
      oldestView = usage.oldestView();
      oldestSinceNanos = nowNanos;
      told = false;
    }
    // On an idle member the newest views are old and nobody's fault.
    if (told || usage.openViews() <= 2 || nowNanos - oldestSinceNanos < SUSPICIOUS_NANOS) {
      return false;
    }
    told = true;
    return true;
  }
}
