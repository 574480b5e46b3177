package dev.kvorum.simulator.planted;

import org.jspecify.annotations.Nullable;

/** Runs one seed; known under this name to the classes with and without the bug. */
public interface SeedProbe {
  /** What went wrong with the seed, or null if everything held. */
  @Nullable Finding run(long seed);
}
