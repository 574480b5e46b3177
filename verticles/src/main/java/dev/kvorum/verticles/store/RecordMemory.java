package dev.kvorum.verticles.store;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.verticles.service.Ledger;
import dev.kvorum.verticles.service.Ledger.Account;
import dev.kvorum.verticles.stage.RecordPort;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The records that need no disk to be read: the tail, which the backend does not show yet, and
 * behind it a cache of bounded size.
 *
 * <p>A reader asks here first and opens its backend view afterwards; a record leaves the tail only
 * when the backend commit that holds it is visible. So a record is always in at least one of the
 * two places, whichever way the commit and the reader race.
 *
 * <p>The store's loop adds to the tail and the backend's thread takes from it; every thread may
 * read.
 */
public final class RecordMemory implements RecordPort {
  /** What an entry costs beside its bytes: map node, revision, array and wrapper headers. */
  private static final int ENTRY_OVERHEAD_BYTES = 136;

  private final ConcurrentHashMap<Revision, Bytes> tail = new ConcurrentHashMap<>();
  private final Ledger ledger;
  private final ValueCache cache;

  /**
   * @param ledger says how large the cache may be, and from when on writes are refused: at the
   *     tail's bound. From half of it on it is filling; applying what was accepted goes on up to
   *     twice the bound, and then pauses
   */
  public RecordMemory(Ledger ledger) {
    this.ledger = ledger;
    var cacheBytes = Math.toIntExact(ledger.most(Account.CACHE));
    cache = new ValueCache(cacheBytes);
    ledger.add(Account.CACHE, cacheBytes);
  }

  @Override
  public boolean isFull() {
    return tailBytes() >= 2 * ledger.most(Account.TAIL);
  }

  @Override
  public boolean isFilling() {
    return tailBytes() >= ledger.most(Account.TAIL) / 2;
  }

  @Override
  public @Nullable Bytes find(Revision revision) {
    var inTail = tail.get(revision);
    return inTail != null ? inTail : cache.get(revision);
  }

  /** The record if the backend may not show it yet; for those who ask for too many to be cached. */
  @Nullable Bytes inTail(Revision revision) {
    return tail.get(revision);
  }

  /**
   * Whether the backend shows every record that was added before. The map itself does not know: it
   * adds up counters while others change them.
   */
  boolean isTailEmpty() {
    return tailBytes() == 0;
  }

  @Override
  public void add(Revision revision, Bytes serialized) {
    tail.put(revision, serialized);
    ledger.add(Account.TAIL, cost(serialized));
  }

  /** The backend shows the record from now on: it may be forgotten. The writing thread calls. */
  public void flushed(Revision revision) {
    var serialized = tail.get(revision);
    if (serialized != null) {
      // Into the cache first: a reader between the two steps must find it in one of them.
      cache.put(revision, serialized);
      tail.remove(revision);
      ledger.release(Account.TAIL, cost(serialized));
    }
  }

  /** A cold record was read from the backend; the next reader finds it here. */
  void loaded(Revision revision, Bytes serialized) {
    cache.put(revision, serialized);
  }

  private static long cost(Bytes serialized) {
    return (long) serialized.size() + ENTRY_OVERHEAD_BYTES;
  }

  /** Bytes of records that only this process knows besides the journal. */
  public long tailBytes() {
    return ledger.used(Account.TAIL);
  }
}
