package dev.kvorum.simulator.oracle;

import java.util.Arrays;

/**
 * What the disks of all members really hold, as only the simulator can know. A write may be
 * acknowledged when a quorum holds its entry durably at that moment, whatever the members believe.
 */
final class DurabilityOracle {
  private static final long ABSENT = 0;

  /** The term of the durable entry, by member and index. */
  private final long[][] durableTerms;

  private long voters;

  /** The voters before the change that is under way, or the same as {@link #voters}. */
  private long outgoingVoters;

  /**
   * @param memberCount at most 64; all of them vote
   */
  DurabilityOracle(int memberCount) {
    durableTerms = new long[memberCount][256];
    voters = -1L >>> (Long.SIZE - memberCount);
    outgoingVoters = voters;
  }

  /** Who votes now, as sets of bits; in a joint configuration the two sets differ. */
  void voters(long incoming, long outgoing) {
    voters = incoming;
    outgoingVoters = outgoing;
  }

  /** The member's disk has this entry now, and nothing of the log behind it. */
  void durable(int member, long index, long term) {
    var terms = durableTerms[member];
    var at = Math.toIntExact(index);
    if (at >= terms.length) {
      terms = Arrays.copyOf(terms, Math.max(2 * terms.length, at + 1));
      durableTerms[member] = terms;
    }
    if (terms[at] != term) {
      // Another entry was here, and what followed it was cut off with it.
      if (terms[at] != ABSENT) {
        Arrays.fill(terms, at, terms.length, ABSENT);
      }
      terms[at] = term;
    }
  }

  /** The member's disk has lost everything above this index. */
  void lost(int member, long keptIndex) {
    var terms = durableTerms[member];
    if (keptIndex + 1 < terms.length) {
      Arrays.fill(terms, (int) keptIndex + 1, terms.length, ABSENT);
    }
  }

  /** A write whose entry stands at that place is acknowledged. */
  void acknowledged(long index, long term) {
    if (!isQuorum(voters, index, term) || !isQuorum(outgoingVoters, index, term)) {
      throw new OracleViolation(
          "what is acknowledged is durable on a quorum",
          "entry %d/%d is on the disks of %s only".formatted(term, index, holders(index, term)));
    }
  }

  private boolean isQuorum(long set, long index, long term) {
    var holders = 0;
    for (var member = 0; member < durableTerms.length; member++) {
      if ((set >>> member & 1) != 0 && holds(member, index, term)) {
        holders++;
      }
    }
    return holders > Long.bitCount(set) / 2;
  }

  private boolean holds(int member, long index, long term) {
    var terms = durableTerms[member];
    return index < terms.length && terms[(int) index] == term;
  }

  private String holders(long index, long term) {
    var text = new StringBuilder();
    for (var member = 0; member < durableTerms.length; member++) {
      if (holds(member, index, term)) {
        text.append("member ").append(member).append(' ');
      }
    }
    return text.isEmpty() ? "nobody" : text.toString().trim();
  }
}
