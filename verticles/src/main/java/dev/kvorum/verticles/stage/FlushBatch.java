package dev.kvorum.verticles.stage;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.RecordCodec;
import dev.kvorum.storage.mvcc.StoreMeta;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Flushes as one transaction of the backend. The applied index changes in the same transaction as
 * the records that it speaks of: neither is ever there without the other (P13).
 *
 * @param batch what the backend commits
 * @param records of keys that live in it, which memory may forget once it is visible
 * @param recordBytes their size
 * @param meta what the store is after it
 */
public record FlushBatch(
    WriteBatch batch, List<Revision> records, long recordBytes, StoreMeta meta) {
  /**
   * Joins flushes.
   *
   * @param flushes at least one, in the order in which the stage made them
   */
  public static FlushBatch of(List<Flush> flushes) {
    var batch = new WriteBatch();
    var records = new ArrayList<Revision>();
    var others = new ArrayList<WriteBatch.Change>();
    var bytes = 0L;
    for (var flush : flushes) {
      for (var write : flush.records()) {
        batch.put(Bucket.KEY, write.bucketKey(), write.bucketValue());
        bytes += write.record().size();
        if (!write.tombstone()) {
          records.add(write.revision());
        }
      }
      flush.removals().forEach(id -> batch.delete(Bucket.KEY, RecordCodec.bucketKey(id)));
      others.addAll(flush.others());
    }
    // Leases end in the order of their deadlines, all over the bucket. In the order of keys the
    // engine touches each page once; changes of one key keep their order.
    others.sort(
        Comparator.comparing(WriteBatch.Change::bucket).thenComparing(WriteBatch.Change::key));
    others.forEach(batch::add);
    var meta = flushes.getLast().meta();
    batch.put(Bucket.META, StoreMeta.KEY, meta.encode());
    return new FlushBatch(batch, records, bytes, meta);
  }
}
