package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.index.IndexEntry;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyValueCodec;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Rebuilds an {@link MvccStore} from what the backend holds: every record of bucket KEY in order,
 * or an index that was kept and the records after it; then the store's meta. An unfinished
 * compaction is taken up again.
 */
public final class StoreLoader {
  /** Hears of each change in order: which lease, or 0, the key is attached to from now on. */
  @FunctionalInterface
  public interface Attachments {
    /** For whoever has no leases. */
    Attachments NONE = (_, _) -> {};

    void attach(Bytes key, long lease);
  }

  /** How often somebody hears how far a scan has come. */
  private static final int RECORDS_BETWEEN_REPORTS = 100_000;

  private final MvccStore store;
  private final Attachments attachments;
  private final boolean chained;
  private final LongConsumer progress;
  private long records;

  /** The revision at which {@link #pass} notes the state hash; the highest when it has. */
  private long hashedTo = Long.MAX_VALUE;

  private long hashHigh;
  private long hashLow;

  /**
   * @param memory for the store's index
   */
  public StoreLoader(IndexMemory memory, Attachments attachments) {
    this(new MvccStore(memory), attachments, false, _ -> {});
  }

  private StoreLoader(
      MvccStore store, Attachments attachments, boolean chained, LongConsumer progress) {
    this.store = store;
    this.attachments = attachments;
    this.chained = chained;
    this.progress = progress;
  }

  /** The whole store from one read view; throws {@link CorruptRecordException}. */
  public static MvccStore load(ReadView view, IndexMemory memory, Attachments attachments) {
    return load(view, memory, attachments, _ -> {});
  }

  /**
   * The whole store from one read view; throws {@link CorruptRecordException}.
   *
   * @param progress hears now and then how many records were read
   */
  public static MvccStore load(
      ReadView view, IndexMemory memory, Attachments attachments, LongConsumer progress) {
    var loader = new StoreLoader(new MvccStore(memory), attachments, false, progress);
    loader.scan(view, Bytes.EMPTY);
    var meta = view.get(Bucket.META, StoreMeta.KEY);
    return loader.finish(meta == null ? null : StoreMeta.decode(meta));
  }

  /**
   * The store from an index that was kept and the records after it. Damage to older records does
   * not show here, but when they are read.
   *
   * <p>That the index is one of this very store follows from the state hash, which covers all that
   * was ever written. From what it was when the copy began, with the records after it, it must come
   * out as it was when the copy was complete, since records of that time may be in the index, and
   * in the end as the backend has it. The records are all there, because no compaction went beyond
   * the revision at which the copy began.
   *
   * @param meta what the backend says of the store
   * @param attachments knows what was attached when the index was kept
   * @throws IndexMisfitException if the index is not one of this store; it is of no use any more
   * @throws CorruptRecordException if the records are not what was written
   */
  public static MvccStore resume(
      ReadView view, StoreMeta meta, KeptIndex kept, Attachments attachments)
      throws IndexMisfitException {
    kept.checkAgainst(meta);
    var loader = new StoreLoader(new MvccStore(kept), attachments, true, _ -> {});
    loader.store.repeatCompaction(meta.finishedCompactRevision());
    loader.hashedTo = kept.complete().revision();
    loader.scan(view, RecordCodec.firstBucketKey(kept.meta().revision() + 1));
    loader.pass(Long.MAX_VALUE);
    loader.checkAgainst(kept.complete(), meta);
    return loader.finish(meta);
  }

  private void scan(ReadView view, Bytes from) {
    view.scan(
        Bucket.KEY,
        from,
        (bucketKey, bucketValue) -> {
          add(bucketKey, bucketValue);
          return true;
        });
  }

  /** Takes one entry of bucket KEY; entries come in ascending order. */
  public void add(Bytes bucketKey, Bytes bucketValue) {
    var id = RecordCodec.id(bucketKey);
    var record = RecordCodec.record(bucketKey, bucketValue);
    var kv = KeyValueCodec.decodeStored(record);
    if (!id.tombstone() && kv.modRevision() != id.revision().main()) {
      throw new CorruptRecordException(
          "record %s says revision %d".formatted(bucketKey.toHex(), kv.modRevision()));
    }
    pass(id.revision().main());
    store.restore(
        id,
        new IndexEntry(kv.key(), id.revision(), kv.createRevision(), kv.version(), record.size()));
    if (chained) {
      store.chain(id.revision(), RecordCodec.storedChecksum(bucketValue));
    }
    attachments.attach(kv.key(), kv.lease());
    if (++records % RECORDS_BETWEEN_REPORTS == 0) {
      progress.accept(records);
    }
  }

  /** Notes the state hash before the first record that was not there when the index was copied. */
  private void pass(long main) {
    if (main > hashedTo) {
      hashedTo = Long.MAX_VALUE;
      hashHigh = store.stateHashHigh();
      hashLow = store.stateHashLow();
    }
  }

  private void checkAgainst(StoreMeta complete, StoreMeta meta) throws IndexMisfitException {
    if (hashHigh != complete.stateHashHigh()
        || hashLow != complete.stateHashLow()
        || store.stateHashHigh() != meta.stateHashHigh()
        || store.stateHashLow() != meta.stateHashLow()) {
      throw new IndexMisfitException("it is of another history than the state store");
    }
    // A compaction under way has removed records already that the index still has.
    if (meta.compactRevision() == meta.finishedCompactRevision()
        && store.inUseBytes() != meta.inUseBytes()) {
      throw new IndexMisfitException(
          "with it the store has %d bytes, and should have %d"
              .formatted(store.inUseBytes(), meta.inUseBytes()));
    }
  }

  /** The store; {@code meta} is null for a backend that never had one. */
  public MvccStore finish(@Nullable StoreMeta meta) {
    if (meta != null) {
      store.restore(meta);
      if (store.revision() != meta.revision()) {
        throw new CorruptRecordException(
            "records end at revision %d, the store's meta says %d"
                .formatted(store.revision(), meta.revision()));
      }
    }
    return store;
  }
}
