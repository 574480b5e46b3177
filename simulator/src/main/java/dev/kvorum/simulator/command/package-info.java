/**
 * The command {@code ./kvorum simulate}: runs seeds on as many threads as there are cores, each
 * seed on one, and tells how they ended. The only part of the simulator with threads and a clock.
 */
@NullMarked
package dev.kvorum.simulator.command;

import org.jspecify.annotations.NullMarked;
