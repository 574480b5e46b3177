package dev.kvorum.raft.verticle;

import java.util.ArrayList;
import java.util.List;

/**
 * The last decisions of a machine, kept for the moment when it turns out to be wrong. Recording
 * costs one array write; the text is made only when somebody reads it. One loop records, any thread
 * may read.
 */
public final class FlightRecorder {
  private static final int RECORDS = 4_096;

  private final Object[] ring = new Object[RECORDS];
  private long count;

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
