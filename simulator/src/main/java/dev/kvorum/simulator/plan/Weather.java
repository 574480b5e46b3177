package dev.kvorum.simulator.plan;

/**
 * How a network behaves when nothing special happens. Rates are in millionths, times in
 * nanoseconds.
 *
 * @param leastDelayNanos what every message needs
 * @param meanDelayNanos the mean of what comes on top, exponentially distributed
 * @param dropRate messages that vanish
 * @param duplicateRate messages that arrive twice
 * @param reorderRate messages that overtake or are overtaken, where a link keeps the order
 *     otherwise
 * @param corruptRate messages whose bytes are changed on the way, so that the receiver's checksum
 *     discards them and closes the connection
 * @param bytesPerMicrosecond what a link carries, 0 for no limit
 * @param ordered whether a link keeps the order of what it delivers, as a connection does
 */
public record Weather(
    long leastDelayNanos,
    long meanDelayNanos,
    int dropRate,
    int duplicateRate,
    int reorderRate,
    int corruptRate,
    int bytesPerMicrosecond,
    boolean ordered) {
  /** A good network. */
  public static final Weather CALM = new Weather(50_000, 100_000, 0, 0, 0, 0, 0, true);
}
