package dev.kvorum.storage.watch;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.mvcc.RecordCodec;
import dev.kvorum.storage.mvcc.RecordId;
import dev.kvorum.storage.mvcc.StoreMeta;
import java.util.ArrayList;
import java.util.List;

/** Reads history from the backend: its records are its events. */
public final class HistoryScan {
  /** The last revision that the view shows all of. */
  private final long whole;

  private final int maxRevisions;
  private final long maxBytes;
  private final List<Event> events = new ArrayList<>();
  private long covered;
  private int revisions;
  private long bytes;

  private HistoryScan(long fromRevision, long whole, int maxRevisions, long maxBytes) {
    this.whole = whole;
    this.maxRevisions = maxRevisions;
    this.maxBytes = maxBytes;
    covered = fromRevision - 1;
  }

  /**
   * A chunk of whole revisions, as far as the view shows them; none when it shows nothing from
   * there on. A revision that a long command is still writing is not shown. Blocks.
   *
   * @param maxRevisions that the chunk has at most
   * @param maxBytes after which it takes no further revision
   */
  public static History scan(ReadView view, long fromRevision, int maxRevisions, long maxBytes) {
    var meta = view.get(Bucket.META, StoreMeta.KEY);
    var whole = meta == null ? Long.MAX_VALUE : StoreMeta.decode(meta).revision();
    var scan = new HistoryScan(fromRevision, whole, maxRevisions, maxBytes);
    view.scan(Bucket.KEY, RecordCodec.firstBucketKey(fromRevision), scan::add);
    return new History(fromRevision, scan.covered, scan.events);
  }

  private boolean add(Bytes bucketKey, Bytes bucketValue) {
    var id = RecordCodec.id(bucketKey);
    var main = id.revision().main();
    if (main != covered) {
      if (main > whole || revisions == maxRevisions || bytes >= maxBytes) {
        return false;
      }
      revisions++;
      covered = main;
    }
    var record = RecordCodec.record(bucketKey, bucketValue).compact();
    bytes += record.size();
    events.add(event(id, record));
    return true;
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
