package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import java.util.List;

/** What the watch hub wants done, in this order. */
public sealed interface WatchEffect {
  /**
   * One message to one stream.
   *
   * @param stream its number
   * @param head the message's beginning, this watcher's own
   * @param events the rest of the message, shared with other watchers
   * @param eventCount how many there are
   */
  record Send(long stream, Bytes head, Bytes events, int eventCount) implements WatchEffect {
    public int sizeBytes() {
      return head.size() + events.size();
    }
  }

  /**
   * Reads what happened from that revision on, a chunk of whole revisions, and hands it to {@link
   * WatchHub#history}. Until {@link HistoryDone} nothing that the given view shows may be removed.
   */
  record ReadHistory(long fromRevision) implements WatchEffect {}

  /** Reads records that are not in memory, for {@link WatchHub#fetched}. */
  record Fetch(List<Revision> revisions) implements WatchEffect {}

  /** The chunk is used up. */
  record HistoryDone() implements WatchEffect {}

  /** There is more to do: call {@link WatchHub#proceed} in a later turn. */
  record Continue() implements WatchEffect {}
}
