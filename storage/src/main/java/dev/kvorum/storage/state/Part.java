package dev.kvorum.storage.state;

import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.Write;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one slice of a long command did. Nobody may see anything of it before the slice that brings
 * the outcome.
 *
 * @param writes new records, behind those of the parts before, in revision order
 * @param events what watchers are to see, in the same order
 * @param missing records that the next slice reads and that were not in memory; empty when the
 *     command can go on at once. What is fetched for them is kept until a slice misses nothing
 * @param outcome with the last part: what is beside the writes and events of all parts, so its own
 *     lists of these are empty
 */
public record Part(
    List<Write> writes, List<Event> events, List<Revision> missing, @Nullable Outcome outcome) {}
