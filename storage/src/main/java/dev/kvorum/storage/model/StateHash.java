package dev.kvorum.storage.model;

/**
 * What a state machine holds after an entry of the log, as 128 bits: members that executed the same
 * log have the same hash at the same index, or one of them is wrong (P14).
 *
 * @param index the last entry executed, 0 for no hash at all
 */
public record StateHash(long index, long high, long low) {
  /** Every so many entries the members' hashes are compared. */
  public static final long INTERVAL = 4_096;

  /** No hash. */
  public static final StateHash NONE = new StateHash(0, 0, 0);

  @Override
  public String toString() {
    return index + ":%016x%016x".formatted(high, low);
  }
}
