package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.ProtoWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * The encoded events that one response carries: the same memory for every watcher that gets them.
 */
final class EventBlock {
  private final List<Bytes> events;
  private final Bytes whole;

  private EventBlock(List<Bytes> events, Bytes whole) {
    this.events = events;
    this.whole = whole;
  }

  /** Puts encoded events together, in order. */
  static EventBlock of(List<Bytes> events) {
    return new EventBlock(events, events.size() == 1 ? events.getFirst() : joined(events));
  }

  private static Bytes joined(List<Bytes> events) {
    var writer = new ProtoWriter(events.stream().mapToInt(Bytes::size).sum());
    events.forEach(writer::raw);
    return writer.toBytes();
  }

  boolean isEmpty() {
    return events.isEmpty();
  }

  int count() {
    return events.size();
  }

  /** All events as the tail of one message. */
  Bytes bytes() {
    return whole;
  }

  /**
   * Cuts the events into as few messages as their limit allows (contract S9.12): a part takes
   * another event while it stays below the limit, and at least one.
   *
   * @param headSize of each message that is marked as a fragment
   * @param limitBytes a message of this size or more is cut if it has two events
   */
  List<EventBlock> parts(int headSize, long limitBytes) {
    var parts = new ArrayList<EventBlock>();
    var part = new ArrayList<Bytes>();
    var size = (long) headSize;
    for (var event : events) {
      if (!part.isEmpty() && size + event.size() >= limitBytes) {
        parts.add(of(List.copyOf(part)));
        part.clear();
        size = headSize;
      }
      part.add(event);
      size += event.size();
    }
    parts.add(of(List.copyOf(part)));
    return parts;
  }
}
