package dev.kvorum.storage.backend;

import dev.kvorum.storage.model.Bytes;

/**
 * Fills a fresh engine from a stream of entries, such as a snapshot file, in batches of bounded
 * size. The engine is not a store before {@link #finish()} returns: until then it holds some prefix
 * of the stream, and whoever finds it so after a crash throws it away. A caller that must recognise
 * that adds its mark (an applied index, say) as the last entry.
 *
 * <p>Entries of one bucket are best given in ascending key order, in which engines are fastest.
 */
public final class BackendLoader {
  /** Enough to make a commit's fixed cost small, few enough to stay small in memory. */
  private static final int BATCH_ENTRIES = 10_000;

  private static final int BATCH_BYTES = 4 << 20;

  private final Backend target;
  private WriteBatch batch = new WriteBatch();
  private int batchEntries;
  private int batchBytes;
  private long entries;

  public BackendLoader(Backend target) {
    this.target = target;
  }

  /** Adds one entry; the bytes must not change afterwards. */
  public void add(Bucket bucket, Bytes key, Bytes value) {
    batch.put(bucket, key, value);
    entries++;
    batchEntries++;
    batchBytes += key.size() + value.size();
    if (batchEntries >= BATCH_ENTRIES || batchBytes >= BATCH_BYTES) {
      flush();
    }
  }

  /** Adds every entry of every bucket that the view shows. */
  public void addAll(ReadView source) {
    for (var bucket : Bucket.values()) {
      source.scan(
          bucket,
          Bytes.EMPTY,
          (key, value) -> {
            add(bucket, key, value);
            return true;
          });
    }
  }

  /**
   * Commits what is left and makes the whole durable.
   *
   * @return how many entries were added
   */
  public long finish() {
    flush();
    target.sync();
    return entries;
  }

  private void flush() {
    target.commit(batch);
    batch = new WriteBatch();
    batchEntries = 0;
    batchBytes = 0;
  }
}
