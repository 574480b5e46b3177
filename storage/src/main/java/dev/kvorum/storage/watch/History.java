package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Event;
import java.util.List;

/**
 * Everything that happened in the revisions {@code [from, to]}, in order. A {@code to} below {@code
 * from} says nothing about any revision.
 */
public record History(long from, long to, List<Event> events) {}
