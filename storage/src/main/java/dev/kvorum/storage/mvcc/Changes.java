package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.JoinedList;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The writes and events that a command makes, in the order of their revisions: one by one, or very
 * many at once and packed.
 */
final class Changes {
  /** So few deletes are as good as objects, which are made once and not each time they are used. */
  private static final int FEW = 8;

  private record Joined(JoinedList<Write> writes, JoinedList<Event> events) {}

  /** What comes before the two lists, if that is anything. */
  private @Nullable Joined joined;

  private List<Write> writes = new ArrayList<>(1);
  private List<Event> events = new ArrayList<>(1);

  void add(Write write, Event event) {
    writes.add(write);
    events.add(event);
  }

  void add(PackedDeletes deletes) {
    if (deletes.count() <= FEW) {
      writes.addAll(deletes.writes());
      events.addAll(deletes.events());
      return;
    }
    var all = joined == null ? new Joined(new JoinedList<>(), new JoinedList<>()) : joined;
    joinLists(all);
    all.writes.join(deletes.writes());
    all.events.join(deletes.events());
    joined = all;
  }

  private void joinLists(Joined all) {
    if (!writes.isEmpty()) {
      all.writes.join(writes);
      all.events.join(events);
      writes = new ArrayList<>(1);
      events = new ArrayList<>(1);
    }
  }

  int size() {
    return writes.size() + (joined == null ? 0 : joined.writes.size());
  }

  /** All writes; nothing is added any more. */
  List<Write> writes() {
    if (joined == null) {
      return writes;
    }
    joinLists(joined);
    return joined.writes;
  }

  /** All events; nothing is added any more. */
  List<Event> events() {
    if (joined == null) {
      return events;
    }
    joinLists(joined);
    return joined.events;
  }

  Write write(int number) {
    var before = joined == null ? 0 : joined.writes.size();
    return joined != null && number < before
        ? joined.writes.get(number)
        : writes.get(number - before);
  }
}
