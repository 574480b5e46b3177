package dev.kvorum.raft.verticle;

import dev.kvorum.raft.stage.EventRing;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The last decisions of a machine, and the events that led to them, kept for the moment when it
 * turns out to be wrong. Recording costs one array write; the text is made only when somebody reads
 * it. One loop records, any thread may read.
 */
public final class FlightRecorder {
  private static final int RECORDS = 4_096;

  private final Object[] ring = new Object[RECORDS];
  private long count;
  private @Nullable EventRing events;

  /** The events are taken down here. */
  public synchronized void attach(EventRing ring) {
    events = ring;
  }

  /** The events in binary, see {@link EventRing#dump}; empty before a machine runs. */
  public synchronized byte[] dump() {
    return events == null ? new byte[0] : events.dump();
  }

  public synchronized void record(Object happening) {
    ring[(int) (count++ % RECORDS)] = happening;
  }

  /** What was recorded last, oldest first, at most {@code limit} of them. */
  public synchronized List<String> last(int limit) {
    var texts = new ArrayList<String>();
    for (var i = Math.max(0, count - Math.min(limit, RECORDS)); i < count; i++) {
      texts.add(i + " " + ring[(int) (i % RECORDS)]);
    }
    return texts;
  }
}
