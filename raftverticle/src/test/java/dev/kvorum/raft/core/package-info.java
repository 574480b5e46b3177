/** Tests of the Raft machine: paper tests, scenarios, and seeded clusters on one thread. */
@NullMarked
package dev.kvorum.raft.core;

import org.jspecify.annotations.NullMarked;
