package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one slice of an {@link Execution} did. Nothing of it may be seen by anybody before the last
 * slice is done.
 *
 * @param writes new records, behind those of the slices before, in revision order
 * @param events what watchers are to see, in the same order
 * @param missing records that the next slice reads and that were not in memory; empty when the
 *     execution can go on at once. What is fetched for them is kept until a slice misses nothing
 * @param result the answer, with the last slice
 */
public record Slice(
    List<Write> writes, List<Event> events, List<Revision> missing, @Nullable Result result) {}
