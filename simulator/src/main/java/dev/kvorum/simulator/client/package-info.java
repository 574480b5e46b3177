/**
 * The clients of a simulated cluster: what they ask, drawn from the seed, and the history of what
 * they were told. They know the service and nothing behind it.
 */
@NullMarked
package dev.kvorum.simulator.client;

import org.jspecify.annotations.NullMarked;
