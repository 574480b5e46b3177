package dev.kvorum.simulator.world;

/** Something that must never happen has happened: the run has found a bug. */
public final class WrongException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String what;

  public WrongException(String what) {
    super(what);
    this.what = what;
  }

  /**
   * @param what the rule that was broken, the same text whenever it is
   * @param evidence what shows it
   */
  public WrongException(String what, String evidence) {
    super(what + ": " + evidence);
    this.what = what;
  }

  /** The rule that was broken; two runs that failed for the same reason have it in common. */
  public String what() {
    return what;
  }
}
