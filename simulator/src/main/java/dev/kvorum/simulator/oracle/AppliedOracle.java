package dev.kvorum.simulator.oracle;

import dev.kvorum.simulator.world.Observer;
import dev.kvorum.simulator.world.WrongException;
import java.util.Arrays;

/**
 * Members that have applied the same entries are in the same state, and their revisions are the
 * ones that the model has there: so they grow by one with each command that changes something.
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

  /** The member begins a life, and may be behind where it was. */
  void started(int member) {
    appliedIndexes[member] = 0;
  }

  /**
   * The member has applied everything up to the index.
   *
   * @param recordHash the running hash of all records
   * @param moment what readers of the member see now
   * @param modelMoment what the model has at that index
   */
  void applied(int member, long index, long recordHash, Moment moment, Moment modelMoment) {
    if (index < appliedIndexes[member]) {
      throw new WrongException(
          "a member's state never goes back",
          "member %d goes from %d to %d".formatted(member, appliedIndexes[member], index));
    }
    appliedIndexes[member] = index;
    if (!moment.equals(modelMoment)) {
      throw new WrongException(
          "the revision follows from the log",
          "member %d at index %d: %s, model %s".formatted(member, index, moment, modelMoment));
    }
    if (recordHash != Observer.NO_HASH) {
      compareState(member, Math.toIntExact(index), recordHash);
    }
  }

  private void compareState(int member, int index, long recordHash) {
    if (index >= hashes.length) {
      var size = Math.max(2 * hashes.length, index + 1);
      hashes = Arrays.copyOf(hashes, size);
      firstMembers = Arrays.copyOf(firstMembers, size);
    }
    var first = firstMembers[index] - 1;
    if (first == NOBODY) {
      firstMembers[index] = (byte) (member + 1);
      hashes[index] = recordHash;
    } else if (hashes[index] != recordHash) {
      throw new WrongException(
          "equal logs lead to equal states",
          "index %d: members %d and %d differ".formatted(index, first, member));
    }
  }

  long appliedIndex(int member) {
    return appliedIndexes[member];
  }
}
