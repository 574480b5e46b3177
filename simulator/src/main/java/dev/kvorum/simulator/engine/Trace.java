package dev.kvorum.simulator.engine;

import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What happened: a rolling hash of every event, and, for whoever wants to read it, the story in
 * words. Two runs of one seed have the same hash after the same event.
 */
public final class Trace {
  private static final long PRIME = 0x9e3779b97f4a7c15L;
  private static final long SECOND = 1_000_000_000L;

  private final Scheduler scheduler;
  private final @Nullable Consumer<String> reader;
  private long hash = PRIME;

  /**
   * @param reader gets the story line by line; null when nobody reads
   */
  public Trace(Scheduler scheduler, @Nullable Consumer<String> reader) {
    this.scheduler = scheduler;
    this.reader = reader;
  }

  /** Mixes an event into the hash. */
  public void mix(long kind, long first, long second) {
    var mixed = hash ^ scheduler.now();
    mixed = Long.rotateLeft(mixed * PRIME, 31) ^ kind;
    mixed = Long.rotateLeft(mixed * PRIME, 29) ^ first;
    mixed = Long.rotateLeft(mixed * PRIME, 27) ^ second;
    hash = mixed * PRIME;
  }

  /** The hash of everything so far. */
  public long hash() {
    return hash ^ (hash >>> 29);
  }

  /** Whether a story is told; making its words is skipped otherwise. */
  public boolean isTold() {
    return reader != null;
  }

  /**
   * A line of the story; call it only when it {@link #isTold}.
   *
   * @param who a member, or what else it happens to
   */
  public void tell(String who, String what) {
    if (reader != null) {
      var now = scheduler.now();
      reader.accept(
          String.format(Locale.ROOT, "%5d.%09d  %-8s %s", now / SECOND, now % SECOND, who, what));
    }
  }
}
