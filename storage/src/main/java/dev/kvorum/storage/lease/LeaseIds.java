package dev.kvorum.storage.lease;

import dev.kvorum.storage.model.InvariantViolation;
import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * Gives each lease id a slot, a small number under which a table keeps its columns. A lease costs
 * 13 to 15 bytes here and no object.
 *
 * <p>An open-addressed hash of slots, cut into {@value #PARTS} parts by the upper bits of the hash.
 * Each part grows by itself, by a quarter, when it is three quarters full: so little of it is ever
 * empty, and even among ten millions no grant waits for more than some ten thousand slots to find
 * their new places. A removal moves later entries of the run back instead of leaving marks. Free
 * slots are chained through the place of their ids.
 */
final class LeaseIds {
  private static final int PART_BITS = 10;
  private static final int PARTS = 1 << PART_BITS;
  private static final int FIRST_CAPACITY = 4;
  private static final int NO_SLOT = -1;

  /** Every part before it has an entry: the one place that is looked at is free. */
  private static final int[] EMPTY = new int[1];

  /** What the JVM puts before the elements of an array, at most. */
  private static final int ARRAY_HEADER_BYTES = 16;

  /** By slot: the id, or the next free slot when the slot is free. */
  private final LongColumn ids = new LongColumn();

  /** Slot + 1 by hash, 0 where there is none. */
  private final int[][] parts = new int[PARTS][];

  /** How many entries each part has. */
  private final int[] partSizes = new int[PARTS];

  private int firstFree = NO_SLOT;

  /** Slots at and above this one were never used. */
  private int unused;

  private int size;

  LeaseIds() {
    Arrays.fill(parts, EMPTY);
  }

  int size() {
    return size;
  }

  /** Slots are below this number. */
  int slotLimit() {
    return unused;
  }

  /** The id of a slot in use. */
  long id(int slot) {
    return ids.get(slot);
  }

  /** The slot of the id, or -1. */
  int find(long id) {
    var hash = hash(id);
    var part = parts[partOf(hash)];
    for (var at = home(hash, part); part[at] != 0; at = next(at, part)) {
      if (ids.get(part[at] - 1) == id) {
        return part[at] - 1;
      }
    }
    return NO_SLOT;
  }

  /** A slot for an id that has none. */
  int add(long id) {
    int slot;
    if (firstFree == NO_SLOT) {
      slot = unused++;
    } else {
      slot = firstFree;
      firstFree = (int) ids.get(slot);
    }
    ids.set(slot, id);
    size++;
    var number = partOf(hash(id));
    if (4 * (partSizes[number] + 1) > 3 * parts[number].length) {
      grow(number);
    }
    partSizes[number]++;
    insert(slot, parts[number]);
    return slot;
  }

  private void grow(int number) {
    var before = parts[number];
    var after = new int[Math.max(FIRST_CAPACITY, before.length + before.length / 4 + 1)];
    for (var entry : before) {
      if (entry != 0) {
        insert(entry - 1, after);
      }
    }
    parts[number] = after;
  }

  private void insert(int slot, int[] part) {
    var at = home(hash(ids.get(slot)), part);
    while (part[at] != 0) {
      at = next(at, part);
    }
    part[at] = slot + 1;
  }

  /** Frees the slot of the id, which has one, and returns it. */
  int remove(long id) {
    var hash = hash(id);
    var number = partOf(hash);
    var part = parts[number];
    var at = home(hash, part);
    while (part[at] == 0 || ids.get(part[at] - 1) != id) {
      InvariantViolation.check(part[at] != 0, "a lease that is removed is there");
      at = next(at, part);
    }
    var slot = part[at] - 1;
    closeGap(at, part);
    partSizes[number]--;
    ids.set(slot, firstFree);
    firstFree = slot;
    size--;
    return slot;
  }

  /** Moves back each entry behind the gap that may stand there without being cut from its home. */
  private void closeGap(int removedAt, int[] part) {
    var gap = removedAt;
    for (var at = next(gap, part); part[at] != 0; at = next(at, part)) {
      var fromHome = distance(home(hash(ids.get(part[at] - 1)), part), at, part);
      if (fromHome >= distance(gap, at, part)) {
        part[gap] = part[at];
        gap = at;
      }
    }
    part[gap] = 0;
  }

  private static int distance(int from, int to, int[] part) {
    return to >= from ? to - from : to - from + part.length;
  }

  /** Visits the free slots below {@link #slotLimit()}. */
  void forEachFree(IntConsumer visitor) {
    for (var slot = firstFree; slot != NO_SLOT; slot = (int) ids.get(slot)) {
      visitor.accept(slot);
    }
  }

  /** What this occupies. */
  long sizeBytes() {
    var bytes = ids.sizeBytes() + PARTS * (Integer.BYTES + Integer.BYTES);
    for (var part : parts) {
      bytes += part.length == 1 ? 0 : ARRAY_HEADER_BYTES + (long) part.length * Integer.BYTES;
    }
    return bytes;
  }

  private static long hash(long id) {
    // Ids of one client often differ in their low bits only, so the high bits of a product count.
    return id * 0x9e3779b97f4a7c15L;
  }

  private static int partOf(long hash) {
    return (int) (hash >>> (Long.SIZE - PART_BITS));
  }

  /** The bits below those that chose the part, scaled to its length. */
  private static int home(long hash, int[] part) {
    var bits = (hash << PART_BITS) >>> Integer.SIZE;
    return (int) ((bits * part.length) >>> Integer.SIZE);
  }

  private static int next(int at, int[] part) {
    return at + 1 == part.length ? 0 : at + 1;
  }
}
