package dev.kvorum.storage.watch;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.RecordCodec;
import dev.kvorum.storage.mvcc.RecordId;
import dev.kvorum.storage.mvcc.StoreMeta;

/** Reads history from the backend: its records are its events. */
public final class HistoryScan {
  private final HistoryChunk chunk;

  /** The last revision that the view shows all of. */
  private final long whole;

  private HistoryScan(HistoryChunk chunk, long whole) {
    this.chunk = chunk;
    this.whole = whole;
  }

  /**
   * A chunk, as far as the view shows whole revisions; none when it shows nothing from there on. A
   * revision that a long command is still writing is not shown. Blocks.
   *
   * @param from the first event that may be in it
   */
  public static History scan(ReadView view, Revision from, ChunkLimits limits) {
    var meta = view.get(Bucket.META, StoreMeta.KEY);
    var whole = meta == null ? Long.MAX_VALUE : StoreMeta.decode(meta).revision();
    var chunk = new HistoryChunk(from, limits);
    view.scan(Bucket.KEY, RecordCodec.bucketKey(from), new HistoryScan(chunk, whole)::add);
    return chunk.history();
  }

  private boolean add(Bytes bucketKey, Bytes bucketValue) {
    var id = RecordCodec.id(bucketKey);
    if (id.revision().main() > whole) {
      return false;
    }
    var record = RecordCodec.record(bucketKey, bucketValue).compact();
    return chunk.add(event(id, record), record.size());
  }

  private static Event event(RecordId id, Bytes record) {
    var kv = KeyValueCodec.decodeStored(record);
    var revision = id.revision();
    return id.tombstone()
        ? new Event(
            revision, true, kv.key(), KeyValueCodec.deleted(kv.key(), revision.main()), null, 0)
        : new Event(revision, false, kv.key(), record, null, kv.lease());
  }
}
