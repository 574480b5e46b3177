package dev.kvorum.verticles.stage;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.state.StateMachine;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Committed entries that are not applied yet, in log order. Each is taken apart once, however long
 * it waits.
 */
final class WaitingEntries {
  /** How many are looked through when records have to be fetched anyway. */
  private static final int LOOKAHEAD_ENTRIES = 64;

  private final StateMachine machine;
  private final ApplyRecords records;
  private final int sliceKeys;
  private final ArrayDeque<Entry> committed = new ArrayDeque<>();

  /** The first commands of {@link #committed}, taken apart. */
  private final ArrayDeque<Logged> opened = new ArrayDeque<>();

  /**
   * @param machine knows what a command reads
   * @param sliceKeys a command over more keys fetches its own records
   */
  WaitingEntries(StateMachine machine, ApplyRecords records, int sliceKeys) {
    this.machine = machine;
    this.records = records;
    this.sliceKeys = sliceKeys;
  }

  void add(List<Entry> entries) {
    committed.addAll(entries);
  }

  boolean isEmpty() {
    return committed.isEmpty();
  }

  /** The next entry, or null. */
  @Nullable Entry first() {
    var entry = committed.peekFirst();
    InvariantViolation.check(
        entry == null || entry.index() == machine.appliedIndex() + 1,
        "the log is applied without gaps");
    return entry;
  }

  /** The next entry, which carries a command. */
  Logged firstCommand() {
    if (opened.isEmpty()) {
      opened.addLast(Logged.open(committed.getFirst()));
    }
    var logged = opened.getFirst();
    InvariantViolation.check(
        logged.entry().index() == committed.getFirst().index(), "entries are opened in log order");
    return logged;
  }

  /** The next entry has been applied. */
  void removeFirst() {
    if (committed.removeFirst().type() == Entry.Type.COMMAND) {
      opened.removeFirst();
    }
  }

  /** What the next entries miss, so that one trip to the backend serves many of them. */
  List<Revision> missing() {
    var wanted = new LinkedHashSet<Revision>();
    openAhead();
    for (var logged : opened) {
      if (machine.isLong(logged.command(), sliceKeys)) {
        break;
      }
      for (var need : machine.needs(logged.command())) {
        if (records.find(need.revision()) == null) {
          wanted.add(need.revision());
        }
      }
    }
    return List.copyOf(wanted);
  }

  private void openAhead() {
    var waiting = committed.iterator();
    for (var count = 0; count < LOOKAHEAD_ENTRIES && waiting.hasNext(); count++) {
      var entry = waiting.next();
      if (entry.type() != Entry.Type.COMMAND) {
        break;
      }
      if (count >= opened.size()) {
        opened.addLast(Logged.open(entry));
      }
    }
  }
}
