package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.index.IndexView;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.Revision;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Hashes history as etcd does, bit for bit (contract S18.2). Runs on a thread that may read the
 * backend, in chunks, each on a read view of its own.
 *
 * <p>The backend must show every record up to the revision before the first chunk, and no slice of
 * a compaction may run between the first chunk and the last. What a compaction has left undone when
 * the hash begins does not matter: a record that it will remove is not hashed.
 *
 * <p>Which records count at or below the compact revision C? Those that are the newest of their key
 * up to the <em>requested</em> revision, not up to C. One exception is etcd's own: when no key
 * lives at the requested revision, it lets everything pass that it still finds. To be the same on
 * every member that must not depend on how far the removal got, so we let pass what compaction
 * keeps.
 */
public final class HashKv {
  private static final Bytes FIRST = Bytes.EMPTY;
  private static final KeyRange ALL_KEYS = new KeyRange(Bytes.EMPTY, null);

  private final IndexView index;
  private final long revision;
  private final long compactRevision;

  /** At which revision a record at or below the compact revision must be its key's newest. */
  private final long keptAt;

  private final CRC32C crc = new CRC32C();
  private @Nullable Bytes last;

  /**
   * @param index knows every key's newest record up to {@code revision}
   * @param revision the last main revision to hash
   * @param compactRevision the compaction to take as done
   */
  HashKv(IndexView index, long revision, long compactRevision) {
    this.index = index;
    this.revision = revision;
    this.compactRevision = compactRevision;
    this.keptAt = index.count(ALL_KEYS, revision) > 0 ? revision : compactRevision;
    crc.update(Bucket.KEY.title().getBytes(StandardCharsets.UTF_8));
  }

  /** A hash at the revision, of which {@link StoreView#refusal} is null; 0 is the present one. */
  public static HashKv at(StoreView view, long requestedRevision) {
    return new HashKv(view.index(), view.resolve(requestedRevision), view.compactRevision());
  }

  /** Hashes up to {@code maxRecords} more; returns whether that was the last. */
  public boolean step(ReadView view, int maxRecords) {
    var chunk = new Chunk(maxRecords);
    view.scan(Bucket.KEY, last == null ? FIRST : last, chunk);
    return !chunk.isFull;
  }

  /** The hash, once {@link #step} has returned true. */
  public KvHash result() {
    return new KvHash((int) crc.getValue(), compactRevision, revision);
  }

  private void add(Bytes bucketKey, Bytes bucketValue, RecordId id) {
    var record = RecordCodec.record(bucketKey, bucketValue);
    if (isHashed(id, record)) {
      crc.update(bucketKey.sharedArray(), bucketKey.offset(), bucketKey.size());
      crc.update(record.sharedArray(), record.offset(), record.size());
    }
  }

  private boolean isHashed(RecordId id, Bytes record) {
    return id.revision().main() > compactRevision
        || (!id.tombstone() && isKept(id.revision(), KeyValueCodec.decodeStored(record).key()));
  }

  private boolean isKept(Revision candidate, Bytes key) {
    var newest = index.find(key, keptAt);
    return newest != null && newest.revision().equals(candidate);
  }

  private final class Chunk implements ReadView.Visitor {
    private final int maxRecords;
    private int visitedRecords;
    private boolean isFull;

    Chunk(int maxRecords) {
      this.maxRecords = maxRecords;
    }

    @Override
    public boolean visit(Bytes bucketKey, Bytes bucketValue) {
      if (last != null && bucketKey.equals(last)) {
        return true;
      }
      var id = RecordCodec.id(bucketKey);
      if (id.revision().main() > revision) {
        return false;
      }
      if (visitedRecords == maxRecords) {
        isFull = true;
        return false;
      }
      visitedRecords++;
      last = bucketKey.compact();
      add(bucketKey, bucketValue, id);
      return true;
    }
  }
}
