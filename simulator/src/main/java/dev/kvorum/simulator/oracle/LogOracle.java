package dev.kvorum.simulator.oracle;

import dev.kvorum.storage.journal.Entry;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The log that all members agree on: the entry that was committed first at an index, anywhere, is
 * the only one that is ever committed there (Raft paper 5.4.3, state machine safety); and a term has
 * one leader at most (5.2, election safety).
 */
final class LogOracle {
  private static final int NOBODY = -1;

  /** By index; index 0 is unused. */
  private @Nullable Entry[] entries = new Entry[256];

  private long lastIndex;

  /** The last index that the member's present life was told to be committed. */
  private final long[] commitIndexes;

  /** By term. */
  private int[] leaders = new int[64];

  LogOracle(int memberCount) {
    commitIndexes = new long[memberCount];
    Arrays.fill(leaders, NOBODY);
  }

  /** The member begins a life in which everything up to this index is applied. */
  void started(int member, long appliedIndex) {
    if (appliedIndex > lastIndex) {
      throw new OracleViolation(
          "a member has applied only what is committed",
          "member %d starts at %d of %d".formatted(member, appliedIndex, lastIndex));
    }
    commitIndexes[member] = appliedIndex;
  }

  void leads(int member, long term) {
    var at = Math.toIntExact(term);
    if (at >= leaders.length) {
      var size = leaders.length;
      leaders = Arrays.copyOf(leaders, Math.max(2 * size, at + 1));
      Arrays.fill(leaders, size, leaders.length, NOBODY);
    }
    if (leaders[at] != NOBODY && leaders[at] != member) {
      throw new OracleViolation(
          "a term has one leader",
          "term %d has members %d and %d".formatted(term, leaders[at], member));
    }
    leaders[at] = member;
  }

  /**
   * The member says that this entry is committed.
   *
   * @return whether nobody has said so before
   */
  boolean committed(int member, Entry entry) {
    var index = entry.index();
    if (index != commitIndexes[member] + 1) {
      throw new OracleViolation(
          "a member commits without gaps",
          "member %d goes from %d to %d".formatted(member, commitIndexes[member], index));
    }
    commitIndexes[member] = index;
    if (index > lastIndex) {
      append(entry);
      return true;
    }
    var first = entry(index);
    if (first != entry && !isSame(first, entry)) {
      throw new OracleViolation(
          "an index has one committed entry",
          "index %d, first %s, then on member %d %s".formatted(index, first, member, entry));
    }
    return false;
  }

  /** Payloads are mostly the same memory, passed from member to member. */
  private static boolean isSame(Entry one, Entry other) {
    return one.term() == other.term()
        && one.type() == other.type()
        && (one.payload() == other.payload() || one.payload().equals(other.payload()));
  }

  private void append(Entry entry) {
    var last = entries[(int) lastIndex];
    if (last != null && last.term() > entry.term()) {
      throw new OracleViolation("terms grow along the log", last + " before " + entry);
    }
    lastIndex = entry.index();
    if (lastIndex == entries.length) {
      entries = Arrays.copyOf(entries, 2 * entries.length);
    }
    entries[(int) lastIndex] = entry;
  }

  /** The committed entry at an index in {@code [1, lastIndex()]}. */
  Entry entry(long index) {
    var entry = entries[(int) index];
    if (entry == null) {
      throw new IllegalArgumentException("index " + index + " of " + lastIndex);
    }
    return entry;
  }

  long lastIndex() {
    return lastIndex;
  }

  /** How far the member knows the log to be committed. */
  long commitIndex(int member) {
    return commitIndexes[member];
  }

  /** A snapshot takes the place of the log up to this index. */
  void installed(int member, long index) {
    if (index > lastIndex) {
      throw new OracleViolation(
          "a snapshot holds only what is committed",
          "member %d gets %d of %d".formatted(member, index, lastIndex));
    }
    commitIndexes[member] = Math.max(commitIndexes[member], index);
  }
}
