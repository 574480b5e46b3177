/**
 * The pure stage around the Raft core and the journal: what must be durable first, and what follows
 * when it is. No clock, thread, disk or Vert.x; the server and the simulator run the same class.
 */
@NullMarked
package dev.kvorum.raft.stage;

import org.jspecify.annotations.NullMarked;
