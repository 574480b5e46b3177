package dev.kvorum.storage.backend.xodus;

import jetbrains.exodus.log.Log;

/**
 * Empties the engine's cache each time that as many bytes as it holds were written to the log or
 * read from its files.
 *
 * <p>By then every page in it has been pushed out or will be soon, so little is lost: the pages
 * that everybody needs, which are read again and count again. But the engine links its pages in a
 * list, and a page that has left the list still points to its neighbour. Once a single page is in
 * the old generation of the heap, garbage or not, it keeps the next one alive, and so on: every
 * page that is written or read is copied by one young collection after the other until it is old,
 * and stays there as garbage. An empty cache begins a new list, to which nothing old points.
 *
 * <p>Called by the thread that commits, and by whoever reads a page that is not in the cache.
 * Others use the cache meanwhile, and have a lock that its {@code clear} does not take: it puts two
 * new maps into the place of the old ones. They find either, and what one of them adds to the old
 * one is lost with it, as if it had been pushed out. That they never find half a map rests on a
 * final field of the engine's map, for which its constructor ends with a barrier.
 */
final class PageRounds {
  private final Log log;
  private final long roundBytes;

  /** The end of the log up to which it was counted. */
  private long countedTo;

  /** What came into the cache since it was empty. */
  private long roundSoFar;

  PageRounds(Log log, long roundBytes) {
    this.log = log;
    this.roundBytes = roundBytes;
    countedTo = log.getHighAddress();
    log.addReadBytesListener((_, count) -> passed(count));
  }

  /** A commit has grown the log. */
  synchronized void committed() {
    var end = log.getHighAddress();
    passed(end - countedTo);
    countedTo = end;
  }

  private synchronized void passed(long bytes) {
    roundSoFar += bytes;
    if (roundSoFar >= roundBytes) {
      roundSoFar = 0;
      log.cache.clear();
    }
  }
}
