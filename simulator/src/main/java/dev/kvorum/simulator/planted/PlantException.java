package dev.kvorum.simulator.planted;

/** A bug cannot be planted: the place that it rewrites is not, or not only once, where it was. */
public final class PlantException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  PlantException(String message) {
    super(message);
  }
}
