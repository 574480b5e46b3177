package dev.kvorum.storage.journal;

/**
 * What a scan may believe of what it reads (P9). After a failed sync the page cache may show a
 * batch that the medium never got, and the next sync of it succeeds without writing it.
 *
 * @param syncedBatch the sync of this batch, and of all before it, is known to have succeeded: if
 *     it is missing, something that was promised is lost; 0 if nothing is known
 * @param lastBatch the last batch that is believed
 * @param restIsDamage whether a batch behind that may have been acknowledged; otherwise it is
 *     dropped like a torn one
 * @param cacheIsDoubted whether what lies behind the end has to be overwritten, whatever the cache
 *     shows there
 */
record Trust(long syncedBatch, long lastBatch, boolean restIsDamage, boolean cacheIsDoubted) {
  /** After an ordinary end: what is read is what was written. */
  static final Trust ORDINARY = new Trust(0, Long.MAX_VALUE, false, false);

  /** The medium itself is read. */
  static Trust ofMedium(long syncedBatch) {
    return new Trust(syncedBatch, Long.MAX_VALUE, false, true);
  }

  /** The process knew what it had synced; what follows was never acknowledged. */
  static Trust upTo(long syncedBatch) {
    return new Trust(syncedBatch, syncedBatch, false, true);
  }

  /** Nobody knows what was synced; a batch is proven by the one behind it. */
  static Trust proven(long lastBatch) {
    return new Trust(0, lastBatch, true, true);
  }
}
