package dev.kvorum.server;

import dev.kvorum.verticles.stage.RequestId;

/**
 * How many event loops a node has and who runs on them.
 *
 * <p>On up to two cores everything shares one loop: a put then crosses no thread but the journal's,
 * and the second core is left to the disk threads, the collector and whoever drives the load. With
 * more cores each core verticle gets a loop of its own, because Vert.x deals loops out in turn, and
 * the front ends get as many as there are cores; an idle loop costs nothing.
 *
 * @param loops size of the event-loop pool
 * @param frontEnds how many instances serve clients
 */
record Placement(int loops, int frontEnds) {
  private static final int SMALL_MACHINE = 2;

  /** Store, leases, watches, snapshots, Raft, peers and membership come first in the deal. */
  static final int CORE_VERTICLES = 7;

  /** The number of the lease verticle's own front end; clients' have those from 1 on. */
  int leaseLoop() {
    return frontEnds + 1;
  }

  static Placement of(int cores) {
    return cores <= SMALL_MACHINE
        ? new Placement(1, 1)
        : new Placement(cores + CORE_VERTICLES, Math.min(cores, RequestId.MAX_LOOPS - 2));
  }
}
