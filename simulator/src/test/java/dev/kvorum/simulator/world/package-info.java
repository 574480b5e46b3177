/** Tests of single parts of a run's world. */
@org.jspecify.annotations.NullMarked
package dev.kvorum.simulator.world;
