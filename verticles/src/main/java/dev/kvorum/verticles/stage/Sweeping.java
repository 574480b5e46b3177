package dev.kvorum.verticles.stage;

import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.JoinedList;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.storage.mvcc.Write;
import dev.kvorum.storage.state.Part;
import java.util.ArrayList;
import java.util.List;

/**
 * A delete that has taken effect and whose records are being made, and what of later commands has
 * to wait for its last record: the backend and the watchers get everything in the order of
 * revisions. Readers and those who asked do not wait.
 *
 * <p>So the backend holds at any time what it would hold if the delete were a long command that
 * nothing has overtaken: the store before the delete, and some records that do not count yet.
 */
final class Sweeping {
  /** The store before the delete, which is what counts in the backend until its last record. */
  private final StoreMeta before;

  /** Whether watchers will read what the delete did, which need not be kept for them then. */
  private final boolean isRead;

  /** What the delete did, unless watchers will read it. */
  private final JoinedList<Event> events = new JoinedList<>();

  private final JoinedList<Write> laterWrites = new JoinedList<>();
  private final List<WriteBatch.Change> laterOthers = new ArrayList<>();
  private final JoinedList<Event> laterEvents = new JoinedList<>();

  /** The log waits, because its next entry must not be applied yet. */
  boolean holdsUpLog;

  /**
   * @param before the store before the delete
   * @param isRead whether watchers are to read what the delete did
   */
  Sweeping(StoreMeta before, boolean isRead) {
    this.before = before;
    this.isRead = isRead;
  }

  /** Keeps what commands did behind the delete. */
  void later(List<Write> writes, List<WriteBatch.Change> others, List<Event> laterOnes) {
    laterWrites.join(writes);
    laterOthers.addAll(others);
    laterEvents.join(laterOnes);
  }

  /** Further records of the delete, but not the last ones. */
  StoreEffect add(Part part) {
    keep(part.events());
    return early(part.writes());
  }

  private void keep(List<Event> made) {
    if (!isRead) {
      events.join(made);
    }
  }

  private StoreEffect early(List<Write> writes) {
    return new StoreEffect.Write(new Flush(writes, List.of(), List.of(), before));
  }

  /**
   * The last records of the delete, and everything that was waiting for them.
   *
   * @param after the store with all of that
   */
  void end(Part last, StoreMeta after, List<StoreEffect> effects) {
    keep(last.events());
    var lastWrites = last.writes();
    for (var later : laterWrites.parts()) {
      effects.add(early(lastWrites));
      lastWrites = later;
    }
    effects.add(new StoreEffect.Write(new Flush(lastWrites, List.of(), laterOthers, after)));
    effects.add(
        isRead
            ? new StoreEffect.TooMuchHappened(last.events().getLast().revision().main())
            : new StoreEffect.Happened(events));
    if (!laterEvents.isEmpty()) {
      effects.add(new StoreEffect.Happened(laterEvents));
    }
  }
}
