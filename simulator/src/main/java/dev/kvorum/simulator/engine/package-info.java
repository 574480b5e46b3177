/**
 * What makes a run a function of its seed: the random numbers, the one event heap, the trace and
 * the counters. Knows nothing of clusters.
 */
@NullMarked
package dev.kvorum.simulator.engine;

import org.jspecify.annotations.NullMarked;
