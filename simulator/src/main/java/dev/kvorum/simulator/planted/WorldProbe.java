package dev.kvorum.simulator.planted;

import org.jspecify.annotations.Nullable;

/** Runs a whole cluster; made by {@link PlantedClasses}, so all that it uses has the bug. */
public final class WorldProbe implements SeedProbe {
  @Override
  public @Nullable Finding run(long seed) {
    throw new UnsupportedOperationException("no plan yet");
  }
}
