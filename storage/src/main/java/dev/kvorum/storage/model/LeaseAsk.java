package dev.kvorum.storage.model;

/** What a client asks of whoever keeps the leases' time; none of it changes replicated state. */
public sealed interface LeaseAsk {
  /** Contract S10.5. */
  record KeepAlive(long id) implements LeaseAsk {}

  /**
   * Contract S10.7.
   *
   * @param keys whether the attached keys are wanted too
   */
  record TimeToLive(long id, boolean keys) implements LeaseAsk {}

  /** Contract S10.8. */
  record Leases() implements LeaseAsk {}
}
