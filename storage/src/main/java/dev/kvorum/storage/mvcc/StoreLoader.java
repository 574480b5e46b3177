package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.index.IndexEntry;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyValueCodec;
import org.jspecify.annotations.Nullable;

/**
 * Rebuilds an {@link MvccStore} from what the backend holds: every record of bucket KEY in order,
 * then the store's meta. An unfinished compaction is taken up again.
 */
public final class StoreLoader {
  /** Hears of each change in order: which lease, or 0, the key is attached to from now on. */
  @FunctionalInterface
  public interface Attachments {
    /** For whoever has no leases. */
    Attachments NONE = (_, _) -> {};

    void attach(Bytes key, long lease);
  }

  private final MvccStore store;
  private final Attachments attachments;

  /**
   * @param memory for the store's index
   */
  public StoreLoader(IndexMemory memory, Attachments attachments) {
    store = new MvccStore(memory);
    this.attachments = attachments;
  }

  /** The whole store from one read view; throws {@link CorruptRecordException}. */
  public static MvccStore load(ReadView view, IndexMemory memory, Attachments attachments) {
    var loader = new StoreLoader(memory, attachments);
    view.scan(
        Bucket.KEY,
        Bytes.EMPTY,
        (bucketKey, bucketValue) -> {
          loader.add(bucketKey, bucketValue);
          return true;
        });
    var meta = view.get(Bucket.META, StoreMeta.KEY);
    return loader.finish(meta == null ? null : StoreMeta.decode(meta));
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
    store.restore(
        id,
        new IndexEntry(kv.key(), id.revision(), kv.createRevision(), kv.version(), record.size()));
    attachments.attach(kv.key(), kv.lease());
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
