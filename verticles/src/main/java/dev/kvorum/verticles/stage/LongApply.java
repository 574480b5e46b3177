package dev.kvorum.verticles.stage;

import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.JoinedList;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.storage.mvcc.WriteTally;
import dev.kvorum.storage.state.Part;

/**
 * A long command under way, and what its slices made. Nothing of it leaves before the last of them:
 * no state, no event, no answer. Only its records go to the backend early, where they do not count
 * before the applied index says so.
 */
final class LongApply {
  final Logged logged;

  /** The store before the command, which is what counts until its last slice. */
  final StoreMeta before;

  final JoinedList<Event> events = new JoinedList<>();
  private WriteTally tally = WriteTally.NONE;

  LongApply(Logged logged, StoreMeta before) {
    this.logged = logged;
    this.before = before;
  }

  /** A slice is done, whose records were counted. */
  void add(Part part, WriteTally made) {
    tally = tally.plus(made);
    events.join(part.events());
  }

  WriteTally tally() {
    return tally;
  }
}
