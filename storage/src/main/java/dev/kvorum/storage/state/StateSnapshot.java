package dev.kvorum.storage.state;

import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.backend.BackendLoader;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.snapshot.SnapshotDamagedException;
import dev.kvorum.storage.journal.snapshot.SnapshotHeader;
import dev.kvorum.storage.journal.snapshot.SnapshotReader;
import dev.kvorum.storage.journal.snapshot.SnapshotRecord;
import dev.kvorum.storage.journal.snapshot.SnapshotWriter;
import dev.kvorum.storage.journal.snapshot.Snapshots;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.mvcc.CorruptRecordException;
import dev.kvorum.storage.mvcc.RecordCodec;
import dev.kvorum.storage.mvcc.StoreMeta;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Copies a state store into a snapshot file and back. Every method blocks.
 *
 * <p>The copy is consistent without a long transaction of the engine: the small buckets and the
 * store's description are read in one view, and then the records up to the revision that it names,
 * chunk by chunk. Records never change, and the caller's pin keeps later compactions from removing
 * any that the description still counts on.
 */
public final class StateSnapshot {
  private static final int CHUNK_RECORDS = 10_000;

  private StateSnapshot() {}

  /**
   * Writes a snapshot of everything that the backend shows, reads it back, and returns what it
   * holds. On return the file is durable.
   *
   * @param membership who takes part, opaque here
   */
  public static SnapshotHeader write(Backend backend, Bytes membership, Snapshots snapshots)
      throws DiskFaultException, SnapshotDamagedException {
    var small = new ArrayList<SnapshotRecord>();
    var meta = readSmall(backend, small);
    var position = new EntryId(meta.appliedTerm(), meta.appliedIndex());
    var header = new SnapshotHeader(position, meta.revision(), membership, meta.encode());
    var writer = snapshots.begin(header);
    try {
      for (var record : small) {
        writer.write(record);
      }
      Bytes last = null;
      do {
        var chunk = readChunk(backend, last, meta.revision());
        last = chunk.isEmpty() ? null : chunk.getLast().key();
        for (var record : chunk) {
          writer.write(record);
        }
      } while (last != null);
      writer.finish();
      return header;
    } catch (DiskFaultException | SnapshotDamagedException | RuntimeException fault) {
      abandon(writer, fault);
      throw fault;
    }
  }

  private static void abandon(SnapshotWriter writer, Exception fault) {
    try {
      writer.abandon();
    } catch (DiskFaultException second) {
      fault.addSuppressed(second);
    }
  }

  private static StoreMeta readSmall(Backend backend, List<SnapshotRecord> found) {
    try (var view = backend.openReadView()) {
      for (var bucket : Bucket.values()) {
        if (bucket != Bucket.KEY && bucket != Bucket.META) {
          view.scan(
              bucket,
              Bytes.EMPTY,
              (key, value) -> {
                found.add(new SnapshotRecord(bucket.number(), key.compact(), value.compact()));
                return true;
              });
        }
      }
      return meta(view);
    }
  }

  private static StoreMeta meta(ReadView view) {
    var encoded = view.get(Bucket.META, StoreMeta.KEY);
    if (encoded == null) {
      throw new CorruptRecordException("the state store does not say what it holds");
    }
    return StoreMeta.decode(encoded);
  }

  /** The records behind {@code last} up to the main revision, checked; empty at the end. */
  private static List<SnapshotRecord> readChunk(
      Backend backend, @Nullable Bytes last, long revision) {
    var chunk = new ArrayList<SnapshotRecord>();
    try (var view = backend.openReadView()) {
      view.scan(
          Bucket.KEY,
          last == null ? Bytes.EMPTY : last,
          (key, value) -> {
            if (last != null && key.equals(last)) {
              return true;
            }
            if (RecordCodec.id(key).revision().main() > revision) {
              return false;
            }
            var _ = RecordCodec.record(key, value);
            chunk.add(new SnapshotRecord(Bucket.KEY.number(), key.compact(), value.compact()));
            return chunk.size() < CHUNK_RECORDS;
          });
    }
    return chunk;
  }

  /** Fills an empty backend from the snapshot. On return it is durable. */
  public static void restore(SnapshotReader reader, Backend backend)
      throws DiskFaultException, SnapshotDamagedException {
    restore(reader, backend, _ -> {});
  }

  /**
   * Fills an empty backend from the snapshot. On return it is durable.
   *
   * @param progress hears now and then how many records were restored
   */
  public static void restore(SnapshotReader reader, Backend backend, LongConsumer progress)
      throws DiskFaultException, SnapshotDamagedException {
    var loader = new BackendLoader(backend);
    var records = 0L;
    for (var record = reader.next(); record != null; record = reader.next()) {
      var bucket = Bucket.ofNumber(record.bucket());
      if (bucket == null) {
        throw new SnapshotDamagedException(
            "the snapshot holds bucket %d, which this release does not know"
                .formatted(record.bucket()));
      }
      loader.add(bucket, record.key(), record.value());
      if (++records % CHUNK_RECORDS == 0) {
        progress.accept(records);
      }
    }
    // Last, and only after the whole file was found sound: a store without it does not count.
    loader.add(Bucket.META, StoreMeta.KEY, reader.header().meta());
    loader.finish();
  }
}
