package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.ProtoWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The encoded events that one response carries: the same memory for every watcher that gets them.
 */
final class EventBlock {
  /** One for each event, in order. */
  private final int[] sizes;

  private final Bytes whole;

  private EventBlock(int[] sizes, Bytes whole) {
    this.sizes = sizes;
    this.whole = whole;
  }

  /** Puts encoded events together, in order; together they are small enough for one message. */
  static EventBlock of(List<Bytes> events) {
    return new EventBlock(events.stream().mapToInt(Bytes::size).toArray(), joined(events));
  }

  /** Puts the events of blocks together, in order. */
  static EventBlock ofBlocks(List<EventBlock> blocks) {
    if (blocks.size() == 1) {
      return blocks.getFirst();
    }
    var sizes = blocks.stream().flatMapToInt(block -> Arrays.stream(block.sizes)).toArray();
    return new EventBlock(sizes, joined(blocks.stream().map(EventBlock::bytes).toList()));
  }

  private static Bytes joined(List<Bytes> parts) {
    if (parts.size() == 1) {
      return parts.getFirst();
    }
    var size = totalSize(parts);
    InvariantViolation.check(size <= Integer.MAX_VALUE, "who gathers events knows the bound");
    var writer = new ProtoWriter((int) size);
    parts.forEach(writer::raw);
    return writer.toBytes();
  }

  static long totalSize(List<Bytes> parts) {
    return parts.stream().mapToLong(Bytes::size).sum();
  }

  boolean isEmpty() {
    return sizes.length == 0;
  }

  int count() {
    return sizes.length;
  }

  /** All events as the tail of one message. */
  Bytes bytes() {
    return whole;
  }

  /**
   * Cuts the events into as few messages as their limit allows (contract S9.12): a part takes
   * another event while it stays below the limit, and at least one. The parts share their memory.
   *
   * @param headSize of each message that is marked as a fragment
   * @param limitBytes a message of this size or more is cut if it has two events
   */
  List<EventBlock> parts(int headSize, long limitBytes) {
    var parts = new ArrayList<EventBlock>();
    var first = 0;
    var start = 0;
    var end = 0;
    for (var at = 0; at < sizes.length; at++) {
      if (at > first && (long) headSize + end - start + sizes[at] >= limitBytes) {
        parts.add(part(first, at, start, end));
        first = at;
        start = end;
      }
      end += sizes[at];
    }
    parts.add(part(first, sizes.length, start, end));
    return parts;
  }

  private EventBlock part(int from, int to, int start, int end) {
    return new EventBlock(Arrays.copyOfRange(sizes, from, to), whole.slice(start, end));
  }
}
