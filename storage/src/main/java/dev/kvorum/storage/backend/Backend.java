package dev.kvorum.storage.backend;

/**
 * An engine that keeps ordered buckets. One thread writes; any thread may open read views.
 *
 * <p>Every method may block on the disk, so none is called on an event loop. A failure to read or
 * write surfaces as {@link BackendException}; after one the engine is not to be trusted and its
 * directory is rebuilt from snapshot and journal.
 */
public interface Backend extends AutoCloseable {
  /**
   * Applies all changes of the batch in one transaction. On return views opened from now on show
   * all of it, and after a crash either all of it is there or nothing; it is durable only after
   * {@link #sync()}.
   *
   * @throws BackendFullException if there is no space: nothing of the batch is there, views go on,
   *     and the same batch may be committed later
   */
  void commit(WriteBatch batch);

  /**
   * Makes everything committed so far durable.
   *
   * @throws BackendFullException if there is no space: it is not durable yet; sync again later
   */
  void sync();

  /** A consistent view of everything committed so far. Close it soon, on the same thread. */
  ReadView openReadView();

  /** Bytes that the engine occupies on disk, 0 in memory. */
  long sizeOnDiskBytes();

  @Override
  void close();
}
