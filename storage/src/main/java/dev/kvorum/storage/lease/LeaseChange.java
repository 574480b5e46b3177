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

  /** The lease and its keys are gone. */
  record Revoked(long id) implements LeaseChange {}

  /** What remains of the lease should its keeper fail; 0 for all of it. */
  record Checkpointed(long id, long remainingSeconds) implements LeaseChange {}
}
