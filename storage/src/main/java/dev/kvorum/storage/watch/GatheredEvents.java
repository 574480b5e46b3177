package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Revision;
import java.util.ArrayList;
import java.util.List;

/** What is wanted of a revision that is read in parts, as far as it is read. */
final class GatheredEvents {
  /**
   * Fragments that are to be sent before the rest is read.
   *
   * @param next the event that the rest begins with
   */
  record Fragments(List<EventBlock> blocks, Revision next) {}

  /** A part's events, and where they stand in the revision. */
  private static final class Part {
    private final EventBlock block;
    private final long[] subs;

    Part(EventBlock block, long[] subs) {
      this.block = block;
      this.subs = subs;
    }

    EventBlock block() {
      return block;
    }
  }

  private final long main;
  private final List<Part> parts = new ArrayList<>();
  private long bytes;
  private int count;

  /**
   * @param main the revision
   */
  GatheredEvents(long main) {
    this.main = main;
  }

  /**
   * Takes what the next part has.
   *
   * @param events of the block
   */
  void add(EventBlock block, List<EncodedEvent> events) {
    var subs = events.stream().mapToLong(each -> each.event.revision().sub()).toArray();
    parts.add(new Part(block, subs));
    bytes += block.bytes().size();
    count += block.count();
  }

  long bytes() {
    return bytes;
  }

  /** All of it with the last part of the revision behind it. */
  EventBlock with(EventBlock last) {
    var blocks = new ArrayList<>(parts.stream().map(Part::block).toList());
    blocks.add(last);
    return EventBlock.ofBlocks(blocks);
  }

  /** Whether it is more than one message may have for whoever takes fragments (contract S9.12). */
  boolean isFull(long fragmentBytes) {
    return count > 1 && bytes >= fragmentBytes;
  }

  /** Cuts what {@link #isFull}. The rest is one event at least: the last fragment is another. */
  Fragments cut(long fragmentBytes) {
    var whole = EventBlock.ofBlocks(parts.stream().map(Part::block).toList());
    var blocks = whole.parts(WatchResponses.MOST_HEAD_BYTES, fragmentBytes);
    InvariantViolation.check(blocks.size() > 1, "what is full is more than a fragment");
    var rest = blocks.getLast();
    return new Fragments(blocks.subList(0, blocks.size() - 1), revision(count - rest.count()));
  }

  private Revision revision(int event) {
    var at = event;
    for (var part : parts) {
      if (at < part.subs.length) {
        return new Revision(main, part.subs[at]);
      }
      at -= part.subs.length;
    }
    throw new InvariantViolation("an event of what was gathered");
  }
}
