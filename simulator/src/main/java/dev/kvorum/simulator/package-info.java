/**
 * A whole cluster on one thread from one seed. Start at {@link dev.kvorum.simulator.Simulation};
 * {@code docs/simulation.md} teaches to read a failing seed.
 */
@NullMarked
package dev.kvorum.simulator;

import org.jspecify.annotations.NullMarked;
