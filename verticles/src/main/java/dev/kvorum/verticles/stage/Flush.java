package dev.kvorum.verticles.stage;

import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.mvcc.RecordId;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.storage.mvcc.Write;
import java.util.List;

/**
 * Changes for the backend that must appear in it together, and in the order of their flushes.
 *
 * <p>A long command writes several: the last has its applied index, those before it still have that
 * of the command before. What they hold is in the backend and does not count yet.
 *
 * @param records new key-value records in revision order
 * @param removals records that a compaction gave up
 * @param others changes of the small buckets: alarms, members, cluster
 * @param meta what the store is after these changes, its applied index included
 */
public record Flush(
    List<Write> records, List<RecordId> removals, List<WriteBatch.Change> others, StoreMeta meta) {}
