package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * The replicated log as this member has it: positions and terms of all entries, and the last of
 * them, the tail, in memory. Older entries are on disk only.
 *
 * <pre>
 *   base <= applied <= handedOut <= commit <= last      handedOut <= durable <= last
 *   base < tailFirst <= last + 1                        durable < toPersist <= last + 1
 * </pre>
 *
 * <p>While a snapshot is being installed the log already begins at the snapshot's position, and
 * {@code durable}, {@code handedOut} and {@code applied} still lie before it.
 */
final class RaftLog {
  /** What an entry costs in memory beside its payload, roughly. */
  private static final int ENTRY_OVERHEAD_BYTES = 64;

  private final TermRuns terms;
  private final LongQueue membershipIndexes = new LongQueue();

  /** Position before the first entry. */
  private EntryId base;

  private long last;

  /** The entries {@code [tailFirst, last]}, each at {@code index & (ring.length - 1)}. */
  private Entry[] ring = new Entry[64];

  private long tailFirst;
  private long tailBytes;

  private long commit;
  private long durable;
  private long toPersist;
  private long handedOut;
  private long applied;
  private boolean installing;

  RaftLog(DurableLog log, long commit, long applied) {
    base = log.base();
    terms = new TermRuns(base);
    for (var start : log.termStarts()) {
      terms.add(start.index(), start.term());
    }
    for (var index : log.membershipIndexes()) {
      if (index > applied) {
        membershipIndexes.addLast(index);
      }
    }
    last = log.lastIndex() - log.tail().size();
    tailFirst = last + 1;
    for (var entry : log.tail()) {
      InvariantViolation.check(
          entry.index() == last + 1 && entry.term() == terms.termAt(entry.index()),
          "the tail at boot fits the log");
      push(entry);
    }
    durable = last;
    toPersist = last + 1;
    this.commit = commit;
    this.applied = applied;
    handedOut = applied;
  }

  // Positions.

  EntryId base() {
    return base;
  }

  /** The index of the last entry, or of the base. */
  long last() {
    return last;
  }

  EntryId lastId() {
    return id(last);
  }

  long commit() {
    return commit;
  }

  /** The last entry that is durable here. */
  long durable() {
    return durable;
  }

  /** The last entry given out to be applied. */
  long handedOut() {
    return handedOut;
  }

  long applied() {
    return applied;
  }

  /** The first entry in memory. */
  long tailFirst() {
    return tailFirst;
  }

  long tailBytes() {
    return tailBytes;
  }

  /** Whether a received snapshot is on its way to the disk. */
  boolean installing() {
    return installing;
  }

  /** Whether the term at the index is known: it is the base or an entry. */
  boolean knows(long index) {
    return index >= base.index() && index <= last;
  }

  /** The term at a known index. */
  long term(long index) {
    InvariantViolation.check(knows(index), "the term of an index of the log is asked");
    return terms.termAt(index);
  }

  /** The identity of a known index. */
  EntryId id(long index) {
    return new EntryId(term(index), index);
  }

  /** Whether the log has this very entry, or begins after it with certainty. */
  boolean has(EntryId id) {
    return knows(id.index()) && terms.termAt(id.index()) == id.term();
  }

  /**
   * The last entry of this log that another log can have, if it has entries of at most this term at
   * or below this index: the way to find in few steps where two logs part.
   */
  EntryId lastThatMayMatch(long index, long term) {
    var capped = Math.min(index, last);
    if (capped < base.index()) {
      return new EntryId(0, capped);
    }
    var found = terms.lastIndexWithTermAtMost(capped, term);
    return new EntryId(terms.termAt(found), found);
  }

  // Growth.

  /** Appends the entry that follows the last one. */
  void append(Entry entry) {
    InvariantViolation.check(entry.index() == last + 1, "the log has no gaps");
    terms.add(entry.index(), entry.term());
    if (entry.type() == Entry.Type.MEMBERSHIP) {
      membershipIndexes.addLast(entry.index());
    }
    push(entry);
  }

  private void push(Entry entry) {
    var size = (int) (last + 1 - tailFirst);
    if (size == ring.length) {
      var larger = new Entry[2 * ring.length];
      for (var index = tailFirst; index <= last; index++) {
        larger[(int) index & (larger.length - 1)] = ring[(int) index & (ring.length - 1)];
      }
      ring = larger;
    }
    last = entry.index();
    ring[(int) last & (ring.length - 1)] = entry;
    tailBytes += bytes(entry);
  }

  private static long bytes(Entry entry) {
    return (long) ENTRY_OVERHEAD_BYTES + entry.payload().size();
  }

  /** Drops the entries at and above the index; none of them is committed. */
  void truncateFrom(long index) {
    InvariantViolation.check(index > commit, "a committed entry is never overwritten");
    for (var gone = Math.max(index, tailFirst); gone <= last; gone++) {
      tailBytes -= bytes(get(gone));
      ring[(int) gone & (ring.length - 1)] = null;
    }
    last = index - 1;
    tailFirst = Math.min(tailFirst, index);
    durable = Math.min(durable, last);
    toPersist = Math.min(toPersist, index);
    terms.truncateFrom(index);
    while (!membershipIndexes.isEmpty() && membershipIndexes.last() >= index) {
      membershipIndexes.removeLast();
    }
  }

  /** Everything is replaced by a snapshot that ends here, once that is durable. */
  void beginInstall(EntryId position) {
    InvariantViolation.check(position.index() > commit, "a snapshot never takes the log back");
    base = position;
    terms.reset(position);
    Arrays.fill(ring, null);
    tailBytes = 0;
    last = position.index();
    // What stood here, durable or not, was another log.
    durable = Math.min(durable, last - 1);
    tailFirst = last + 1;
    toPersist = last + 1;
    commit = last;
    membershipIndexes.clear();
    installing = true;
  }

  /** The snapshot that the log begins with is durable and is the state machine now. */
  void endInstall() {
    installing = false;
    durable = Math.max(durable, base.index());
    handedOut = base.index();
    applied = base.index();
  }

  // Progress.

  void commitTo(long index) {
    InvariantViolation.check(index >= commit, "the commit index never falls");
    InvariantViolation.check(index <= last, "only what is in the log is committed");
    commit = index;
  }

  /** All up to the index is durable. */
  void durableTo(long index) {
    InvariantViolation.check(index < toPersist, "only what was to be persisted becomes durable");
    durable = Math.max(durable, index);
  }

  /** The entries that no {@link Persist} has carried yet; the caller makes one that does. */
  List<Entry> takeUnpersisted() {
    if (toPersist > last) {
      return List.of();
    }
    var entries = slice(toPersist, last);
    toPersist = last + 1;
    return entries;
  }

  boolean hasUnpersisted() {
    return toPersist <= last;
  }

  void handedOutTo(long index) {
    InvariantViolation.check(
        index <= commit && index <= durable && !installing,
        "only what is committed, and durable here, is applied");
    handedOut = index;
  }

  void appliedTo(long index) {
    InvariantViolation.check(index <= handedOut, "only what was handed out is applied");
    InvariantViolation.check(
        membershipIndexes.isEmpty() || membershipIndexes.first() > index,
        "a membership entry is reported before what follows it");
    applied = Math.max(applied, index);
  }

  /** The membership entry at the index has been applied. */
  void membershipAppliedAt(long index) {
    InvariantViolation.check(
        !membershipIndexes.isEmpty() && membershipIndexes.first() == index && index <= handedOut,
        "membership entries are applied in order");
    membershipIndexes.removeFirst();
  }

  /** Whether a membership entry, committed or not, waits to be applied. */
  boolean hasMembershipToApply() {
    return !membershipIndexes.isEmpty();
  }

  /** Whether a committed membership entry waits to be applied. */
  boolean hasCommittedMembershipToApply() {
    return !membershipIndexes.isEmpty() && membershipIndexes.first() <= commit;
  }

  // Entries in memory.

  Entry get(long index) {
    return ring[(int) index & (ring.length - 1)];
  }

  /** The entries {@code [from, to]}, which are in memory. */
  List<Entry> slice(long from, long to) {
    InvariantViolation.check(from >= tailFirst && to <= last, "only the tail is in memory");
    var count = (int) (to - from + 1);
    if (count <= 0) {
      return List.of();
    }
    var copy = new Entry[count];
    var at = (int) from & (ring.length - 1);
    var untilEnd = Math.min(count, ring.length - at);
    System.arraycopy(ring, at, copy, 0, untilEnd);
    System.arraycopy(ring, 0, copy, untilEnd, count - untilEnd);
    return Collections.unmodifiableList(Arrays.asList(copy));
  }

  /**
   * The last index such that {@code [from, it]} has at most so many payload bytes and ends at or
   * before {@code to}; at least {@code from}. {@code from} is in memory.
   */
  long endWithin(long from, long to, long maxBytes) {
    var size = (long) get(from).payload().size();
    var end = from;
    while (end < to) {
      size += get(end + 1).payload().size();
      if (size > maxBytes) {
        break;
      }
      end++;
    }
    return end;
  }

  /** Entries that come back from the journal are the ones that were given to it. */
  void checkRead(long from, List<Entry> entries) {
    var index = from;
    for (var entry : entries) {
      InvariantViolation.check(
          entry.index() == index && has(EntryId.of(entry)), "the journal reads what the log says");
      index++;
    }
  }

  /** Drops from memory the oldest entries that are committed, durable and beyond the budget. */
  void evict(long maxBytes) {
    while (tailBytes > maxBytes && tailFirst <= durable && tailFirst <= commit) {
      dropFirst();
    }
  }

  /** Drops from memory what was handed out, as nobody else will ask for it. */
  void evictHandedOut() {
    while (tailFirst <= handedOut) {
      dropFirst();
    }
  }

  /** The log begins after this applied index from now on. */
  void compactTo(long index) {
    if (index <= base.index()) {
      return;
    }
    InvariantViolation.check(index <= applied, "only what is applied is compacted");
    base = id(index);
    terms.compactTo(index);
    while (tailFirst <= index) {
      dropFirst();
    }
  }

  private void dropFirst() {
    var place = (int) tailFirst & (ring.length - 1);
    tailBytes -= bytes(ring[place]);
    ring[place] = null;
    tailFirst++;
  }

  void invariant() {
    InvariantViolation.check(commit <= last, "commit <= last");
    InvariantViolation.check(durable < toPersist && toPersist <= last + 1, "persisted in order");
    InvariantViolation.check(base.index() < tailFirst && tailFirst <= last + 1, "tail in log");
    InvariantViolation.check(applied <= handedOut, "applied <= handedOut");
    if (!installing) {
      InvariantViolation.check(base.index() <= applied, "base <= applied");
      InvariantViolation.check(handedOut <= commit && handedOut <= durable, "handed out in order");
    }
    var bytes = 0L;
    for (var index = tailFirst; index <= last; index++) {
      var entry = get(index);
      InvariantViolation.check(
          entry.index() == index && entry.term() == terms.termAt(index), "tail fits the terms");
      bytes += bytes(entry);
    }
    InvariantViolation.check(bytes == tailBytes, "tail bytes are counted");
  }

  @Override
  public String toString() {
    return "log(%s, %d] commit=%d durable=%d applied=%d"
        .formatted(base, last, commit, durable, applied);
  }
}
