package dev.kvorum.simulator.oracle;

import java.util.Arrays;

/**
 * Members that have applied the same entries are in the same state, the revision is the one that
 * the model has there, and nobody applies what is not committed.
 */
final class AppliedOracle {
  private static final int NOBODY = -1;

  private final long[] appliedIndexes;

  /** By index: the running hash of the state of whoever came there first. */
  private long[] hashes = new long[256];

  /** By index: who that was, plus one. */
  private byte[] firstMembers = new byte[256];

  AppliedOracle(int memberCount) {
    appliedIndexes = new long[memberCount];
  }

  /** The member begins a life, or has taken a snapshot over, with everything up to the index. */
  void started(int member, long appliedIndex) {
    appliedIndexes[member] = appliedIndex;
  }

  /**
   * The member has applied everything up to the index.
   *
   * @param commitIndex how far the member knows the log to be committed
   * @param moment what readers of the member see now
   * @param modelMoment what the model has at that index
   */
  void applied(
      int member,
      long index,
      long commitIndex,
      long stateHash,
      Moment moment,
      Moment modelMoment) {
    if (index > commitIndex || index < appliedIndexes[member]) {
      throw new OracleViolation(
          "a member applies what is committed, once",
          "member %d goes from %d to %d, committed %d"
              .formatted(member, appliedIndexes[member], index, commitIndex));
    }
    appliedIndexes[member] = index;
    if (!moment.equals(modelMoment)) {
      throw new OracleViolation(
          "the revision follows from the log",
          "member %d at index %d: %s, model %s".formatted(member, index, moment, modelMoment));
    }
    compareState(member, Math.toIntExact(index), stateHash);
  }

  private void compareState(int member, int index, long stateHash) {
    if (index >= hashes.length) {
      var size = Math.max(2 * hashes.length, index + 1);
      hashes = Arrays.copyOf(hashes, size);
      firstMembers = Arrays.copyOf(firstMembers, size);
    }
    var first = firstMembers[index] - 1;
    if (first == NOBODY) {
      firstMembers[index] = (byte) (member + 1);
      hashes[index] = stateHash;
    } else if (hashes[index] != stateHash) {
      throw new OracleViolation(
          "equal logs lead to equal states",
          "index %d: members %d and %d differ".formatted(index, first, member));
    }
  }

  long appliedIndex(int member) {
    return appliedIndexes[member];
  }
}
