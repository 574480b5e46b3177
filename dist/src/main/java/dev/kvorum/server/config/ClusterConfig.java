package dev.kvorum.server.config;

import java.time.Duration;

/**
 * What the members of one cluster must agree on. A change needs all members to be started again.
 *
 * @param initialCluster {@code name=peerURL} pairs as given; parsed only by a node without data,
 *     because a node with data ignores it whatever it says (contract S15.1)
 * @param initialClusterToken part of the ids of members and cluster
 * @param heartbeatInterval length of a tick, at least 1 ms
 * @param electionTimeout 5 heartbeats to 50 s
 * @param quotaBackendBytes size of the store that raises the space alarm; negative means no limit
 * @param maxTxnOps operations in one transaction, at most
 * @param maxRequestBytes size of one proposal, at most
 * @param compactionRetention history that auto compaction keeps
 * @param leaseCheckpoints whether remaining times of leases are replicated (contract S10.11)
 */
public record ClusterConfig(
    String initialCluster,
    String initialClusterToken,
    Duration heartbeatInterval,
    Duration electionTimeout,
    long quotaBackendBytes,
    int maxTxnOps,
    int maxRequestBytes,
    CompactionRetention compactionRetention,
    boolean leaseCheckpoints) {
  private static final int MESSAGE_OVERHEAD_BYTES = 512 * 1024;
  private static final Duration QUEUE_AND_DISK = Duration.ofSeconds(5);

  /** What {@link #maxRequestBytes} is cut to: a message must fit an array. */
  static final int LARGEST_REQUEST_BYTES = Integer.MAX_VALUE - MESSAGE_OVERHEAD_BYTES;

  /** Contract S10.1: one and a half election timeouts, in whole seconds. */
  public Duration minLeaseTtl() {
    var nanos = heartbeats(3L * electionTicks() / 2).toNanos();
    return Duration.ofSeconds(Math.ceilDiv(nanos, 1_000_000_000L));
  }

  /** Ticks without a leader before a member campaigns, at least (contract S30.1). */
  public int electionTicks() {
    return Math.toIntExact(electionTimeout.toNanos() / heartbeatInterval.toNanos());
  }

  /** How long the server lets a proposal or a linearizable read take (contract S21.5). */
  public Duration requestTimeout() {
    return QUEUE_AND_DISK.plus(heartbeats(2L * electionTicks()));
  }

  /**
   * In whole nanoseconds. A duration multiplies and divides in decimal fractions, whose class fills
   * tables of very large numbers before anything else, and a start would wait for it.
   */
  private Duration heartbeats(long count) {
    return Duration.ofNanos(heartbeatInterval.toNanos() * count);
  }

  /** Largest message that the client port takes in (contract S21.1). */
  public int maxMessageBytes() {
    return maxRequestBytes + MESSAGE_OVERHEAD_BYTES;
  }
}
