package dev.kvorum.storage.journal;

import dev.kvorum.storage.model.InvariantViolation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * What was appended and is not at the disk yet. Entries here always follow each other: one that
 * overwrites removes what it makes obsolete, so that no dead entry is ever written.
 */
final class PendingRecords {
  private record Numbered(Entry entry, long ticket) {}

  /**
   * What the next batch will hold. Still pending until {@linkplain #take taken}.
   *
   * @param ticket every ticket up to this one is durable when the batch is
   */
  record Drawn(List<Mark> marks, List<Entry> entries, long ticket) {}

  private final ArrayDeque<Numbered> entries = new ArrayDeque<>();
  private final List<Mark> marks = new ArrayList<>();
  private long lastTicket;
  private EntryId last;

  /** Entries up to this index go into one batch, however large it gets. */
  private long unsplitTo;

  PendingRecords(EntryId last) {
    this.last = last;
  }

  boolean isEmpty() {
    return entries.isEmpty() && marks.isEmpty();
  }

  /** The end of the log with everything that was appended. */
  EntryId last() {
    return last;
  }

  long append(List<Entry> added) {
    lastTicket++;
    var first = added.getFirst().index();
    InvariantViolation.check(first <= last.index() + 1, "the log has no gaps");
    while (!entries.isEmpty() && entries.getLast().entry.index() >= first) {
      entries.removeLast();
    }
    var previous = first - 1;
    for (var entry : added) {
      InvariantViolation.check(entry.index() == previous + 1, "entries follow each other");
      previous = entry.index();
      entries.addLast(new Numbered(entry, lastTicket));
    }
    last = new EntryId(added.getLast().term(), previous);
    return lastTicket;
  }

  /**
   * Appends entries again that are in the log, up to its end. They become one batch, since a part
   * of them without the rest would be a shorter log.
   */
  long rewrite(List<Entry> again) {
    var ticket = append(again);
    unsplitTo = last.index();
    return ticket;
  }

  /** The log goes on behind the position, whatever was appended. */
  void restartAt(EntryId position) {
    entries.clear();
    last = position;
  }

  long mark(Mark mark) {
    lastTicket++;
    if (mark instanceof Mark.LogReset(var position)) {
      restartAt(position);
    }
    marks.add(mark);
    return lastTicket;
  }

  /** All marks, and entries up to the limit; the first entry, and all of a rewrite, in any case. */
  Drawn draw(int bytes) {
    var drawn = new ArrayList<Entry>();
    var room = (long) bytes;
    var ticket = lastTicket;
    for (var numbered : entries) {
      room -= LogRecord.HEADER_BYTES + numbered.entry.payload().size();
      if (room < 0 && !drawn.isEmpty() && numbered.entry.index() > unsplitTo) {
        ticket = numbered.ticket - 1;
        break;
      }
      drawn.add(numbered.entry);
    }
    return new Drawn(List.copyOf(marks), drawn, ticket);
  }

  /** The batch is on its way. */
  void take(Drawn drawn) {
    unsplitTo = 0;
    marks.clear();
    for (var i = 0; i < drawn.entries.size(); i++) {
      entries.removeFirst();
    }
  }
}
