package dev.kvorum.verticles.stage;

import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.JoinedList;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.storage.mvcc.Write;
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
  final StoreMeta before;

  /** What the delete did. */
  final JoinedList<Event> events = new JoinedList<>();

  /** What later commands did. */
  final JoinedList<Write> laterWrites = new JoinedList<>();

  final List<WriteBatch.Change> laterOthers = new ArrayList<>();
  final JoinedList<Event> laterEvents = new JoinedList<>();

  /** The log waits, because its next entry must not be applied yet. */
  boolean holdsUpLog;

  Sweeping(StoreMeta before) {
    this.before = before;
  }
}
