package dev.kvorum.simulator.oracle;

import dev.kvorum.raft.core.RaftBoot;
import dev.kvorum.simulator.world.WrongException;
import dev.kvorum.storage.journal.Entry;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The log that all members agree on: the entry that was committed first at an index, anywhere, is
 * the only one that is ever committed there (Raft paper 5.4.3, state machine safety); and a term
 * has one leader at most (5.2, election safety).
 */
final class LogOracle {
  private static final int NOBODY = -1;

  /** A life has begun, and where the log goes on for it is not known yet. */
  private static final long UNKNOWN = -1;

  /** By index; index 0 is unused. */
  private @Nullable Entry[] entries = new Entry[256];

  /** The log begins behind the place of the founders. */
  private long lastIndex = RaftBoot.BIRTH.index();

  /** The last index that the member's present life knows to be committed, or UNKNOWN. */
  private final long[] commitIndexes;

  /** By term. */
  private int[] leaders = new int[64];

  LogOracle(int memberCount) {
    commitIndexes = new long[memberCount];
    Arrays.fill(leaders, NOBODY);
  }

  /** The member begins a life. */
  void started(int member) {
    commitIndexes[member] = UNKNOWN;
  }

  void leads(int member, long term) {
    var at = Math.toIntExact(term);
    if (at >= leaders.length) {
      var size = leaders.length;
      leaders = Arrays.copyOf(leaders, Math.max(2 * size, at + 1));
      Arrays.fill(leaders, size, leaders.length, NOBODY);
    }
    if (leaders[at] != NOBODY && leaders[at] != member) {
      throw new WrongException(
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
    var before = commitIndexes[member];
    if (before == UNKNOWN ? index > lastIndex + 1 : index != before + 1) {
      throw new WrongException(
          "a member commits without gaps",
          "member %d goes from %d to %d".formatted(member, before, index));
    }
    commitIndexes[member] = index;
    if (index > lastIndex) {
      append(entry);
      return true;
    }
    var first = entry(index);
    if (!isSame(first, entry)) {
      throw new WrongException(
          "an index has one committed entry",
          "index %d, first %s, then on member %d %s".formatted(index, first, member, entry));
    }
    return false;
  }

  @SuppressWarnings("ReferenceEquality") // mostly the very same object, and comparing takes long
  private static boolean isSame(Entry one, Entry other) {
    if (one == other || one.payload() == other.payload()) {
      return one.term() == other.term() && one.type() == other.type();
    }
    return one.term() == other.term()
        && one.type() == other.type()
        && one.payload().equals(other.payload());
  }

  private void append(Entry entry) {
    var last = entries[(int) lastIndex];
    if (last != null && last.term() > entry.term()) {
      throw new WrongException("terms grow along the log", last + " before " + entry);
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

  /**
   * The member has applied everything up to the index: its log so far, or a snapshot in its place.
   */
  void applied(int member, long index) {
    if (index > lastIndex) {
      throw new WrongException(
          "only what is committed is applied",
          "member %d applied %d of %d".formatted(member, index, lastIndex));
    }
    commitIndexes[member] = Math.max(commitIndexes[member], index);
  }
}
