package dev.kvorum.server.tool;

/** How a tool ended; scripts rely on the numbers, which are documented in {@code repair.md}. */
enum Outcome {
  /** Nothing is wrong. */
  CLEAN(0, "clean"),
  /** The tool could not do its work. */
  FAILED(1, "not done"),
  /** It was called in a wrong way. */
  MISUSED(2, "wrong use"),
  /** Something is damaged, and the next start mends it without losing anything. */
  MENDABLE(3, "damaged; the next start mends it and loses nothing"),
  /** The server refuses to start, and a person has to decide. */
  REFUSED(4, "damaged; the server refuses to start"),
  /** Not what this release wrote: another program, a newer release, or a bug. */
  FOREIGN(5, "not what this release wrote"),
  /** A server holds the directory. */
  IN_USE(6, "in use by a server");

  private final int code;
  private final String words;

  Outcome(int code, String words) {
    this.code = code;
    this.words = words;
  }

  /** What the process ends with. */
  int code() {
    return code;
  }

  /** The worse one of the two. */
  Outcome and(Outcome other) {
    return other.code > code ? other : this;
  }

  @Override
  public String toString() {
    return words;
  }
}
