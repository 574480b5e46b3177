package dev.kvorum.simulator.world;

/** Something that must never happen has happened: the run has found a bug. */
public final class WrongException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public WrongException(String what) {
    super(what);
  }
}
