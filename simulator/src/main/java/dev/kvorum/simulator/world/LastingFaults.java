package dev.kvorum.simulator.world;

import java.util.ArrayList;
import java.util.List;

/** Faults that last for a while: each is taken back at its time, and all when the chaos is over. */
final class LastingFaults {
  private final World world;
  private final List<Runnable> takeBack = new ArrayList<>();

  LastingFaults(World world) {
    this.world = world;
  }

  /**
   * A fault has begun.
   *
   * @param takeBack may happen twice: the end of the chaos does not ask what has ended by itself
   */
  void endsIn(long nanos, Runnable takeBack) {
    this.takeBack.add(takeBack);
    world.repeatIn(nanos, takeBack);
  }

  /** The chaos is over. */
  void endAll() {
    takeBack.forEach(Runnable::run);
    takeBack.clear();
  }
}
