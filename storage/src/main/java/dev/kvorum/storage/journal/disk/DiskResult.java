package dev.kvorum.storage.journal.disk;

/** How a list of operations ended. */
public sealed interface DiskResult {
  /** Every operation was performed. */
  record Done() implements DiskResult {}

  /**
   * The operation at {@code position} of the list failed; the ones before it were performed, the
   * ones after it were not attempted.
   */
  record Failed(int position, DiskFault fault) implements DiskResult {}
}
