package dev.kvorum.loadtest.workload;

import java.time.Duration;
import java.util.List;

/**
 * How much to measure.
 *
 * @param shapes of the load benchmarks
 * @param pairs how often each server runs, in turns
 * @param run how long one measured run should take, about
 * @param warmUp how long each server is loaded before the first measured run of a shape
 * @param keys how many keys the load goes to, one load generator for each
 * @param valueBytes the size of a value
 * @param fillKeys how many keys the range benchmarks write before they read
 * @param fillValueBytes the size of each one's value
 * @param fillShuffled whether they are written in an order that has nothing to do with theirs
 * @param requestsPerSecond 0 for as fast as answers come (closed loop), else the rate at which
 *     requests are sent whatever the answers do (open loop)
 * @param starts how often the start benchmark starts each server
 * @param idleBefore how long the idle benchmark lets a ready server rest
 * @param idleFor how long it then measures
 * @param counted how many things a benchmark makes whose load is a number of things; 0 for as many
 *     as it makes by itself
 */
public record Settings(
    List<Shape> shapes,
    int pairs,
    Duration run,
    Duration warmUp,
    int keys,
    int valueBytes,
    int fillKeys,
    int fillValueBytes,
    boolean fillShuffled,
    long requestsPerSecond,
    int starts,
    Duration idleBefore,
    Duration idleFor,
    int counted) {

  public Settings {
    shapes = List.copyOf(shapes);
    if (pairs < 1
        || keys < 1
        || fillKeys < 1
        || fillValueBytes < 0
        || starts < 1
        || valueBytes < 0
        || requestsPerSecond < 0
        || counted < 0) {
      throw new IllegalArgumentException("counts start at 1, sizes and rates at 0");
    }
  }

  /** How many things to make. */
  int count(int byDefault) {
    return counted == 0 ? byDefault : counted;
  }
}
