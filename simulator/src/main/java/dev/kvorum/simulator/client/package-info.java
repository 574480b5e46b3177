/** Clients with the traffic of a seed. */
@NullMarked
package dev.kvorum.simulator.client;

import org.jspecify.annotations.NullMarked;
