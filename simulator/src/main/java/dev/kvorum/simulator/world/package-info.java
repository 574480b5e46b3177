/**
 * The cluster and the world around it: members made of the classes that the server runs, their
 * disks, the network, the faults, and the ports for clients and oracles.
 */
@NullMarked
package dev.kvorum.simulator.world;

import org.jspecify.annotations.NullMarked;
