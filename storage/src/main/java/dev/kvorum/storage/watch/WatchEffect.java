package dev.kvorum.storage.watch;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import java.util.List;

/** What the watch hub wants done, in this order. */
public sealed interface WatchEffect {
  /**
   * One message to one stream, in three parts of which only the number differs from watcher to
   * watcher: a transport writes them one after the other and copies nothing before.
   *
   * @param stream its number
   * @param start what the message begins with; the whole of it when it has no events
   * @param watchId written behind the start as the message's field, unless it is 0, which is left
   *     out in protobuf
   * @param events the rest of the message, shared with other watchers
   * @param eventCount how many there are
   */
  record Send(long stream, Bytes start, long watchId, Bytes events, int eventCount)
      implements WatchEffect {
    public int sizeBytes() {
      return start.size() + WatchResponses.idSize(watchId) + events.size();
    }

    /** What stands before the events. */
    public Bytes head() {
      return head(start, watchId);
    }

    /** The start of a message with its watcher's id behind it. */
    public static Bytes head(Bytes start, long watchId) {
      return WatchResponses.withId(start, watchId);
    }
  }

  /**
   * Reads what happened from there on, a chunk of it, and hands it to {@link WatchHub#history}.
   * Until {@link HistoryDone} nothing that the given view shows may be removed, and what is read of
   * history is read by the same view.
   */
  record ReadHistory(Revision from) implements WatchEffect {}

  /** Reads records that are not in memory, for {@link WatchHub#fetched}. */
  record Fetch(List<Revision> revisions) implements WatchEffect {}

  /** The chunk is used up. */
  record HistoryDone() implements WatchEffect {}

  /** There is more to do: call {@link WatchHub#proceed} in a later turn. */
  record Continue() implements WatchEffect {}
}
