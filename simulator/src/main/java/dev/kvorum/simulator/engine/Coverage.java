package dev.kvorum.simulator.engine;

import java.util.Map;
import java.util.TreeMap;

/**
 * How often each thing that a simulation can do was done. A long run in which one of them stays at
 * zero has not tested what it claims to test.
 */
public final class Coverage {
  private final TreeMap<String, Long> counts = new TreeMap<>();

  /** Names something that must happen now and then. */
  public void expect(String point) {
    counts.putIfAbsent(point, 0L);
  }

  /** It happened. */
  public void hit(String point) {
    counts.merge(point, 1L, Long::sum);
  }

  /** Raft told of something; counted by its class. */
  public void happened(Object happening) {
    hit("raft " + happening.getClass().getSimpleName());
  }

  /** Something happened that often. */
  public void count(String point, long times) {
    counts.merge(point, times, Long::sum);
  }

  /** Adds another run's counts. */
  public void add(Coverage other) {
    other.counts.forEach((point, count) -> counts.merge(point, count, Long::sum));
  }

  /** All counts by name. */
  public Map<String, Long> counts() {
    return new TreeMap<>(counts);
  }
}
