package dev.kvorum.simulator.world;

/** The power goes out in the middle of a blocking call. */
final class PowerCut extends RuntimeException {
  private static final long serialVersionUID = 1L;

  PowerCut() {
    super("the power was cut", null, false, false);
  }
}
