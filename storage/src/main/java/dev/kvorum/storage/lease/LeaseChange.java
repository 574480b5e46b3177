package dev.kvorum.storage.lease;

/** What a log entry did to one lease, for those who keep its time. */
public sealed interface LeaseChange {
  long id();

  /**
   * The lease exists from now on, with all of its time.
   *
   * @param index of the log entry that says so
   */
  record Granted(long id, long ttlSeconds, long index) implements LeaseChange {}

  /**
   * The lease and its keys are gone.
   *
   * @param ranOut whether a leader saw its time run out, rather than that a client revoked it
   */
  record Revoked(long id, boolean ranOut) implements LeaseChange {}

  /** What remains of the lease should its keeper fail; 0 for all of it. */
  record Checkpointed(long id, long remainingSeconds) implements LeaseChange {}
}
