package dev.kvorum.storage.lease;

import dev.kvorum.storage.model.InvariantViolation;
import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * Gives each lease id a slot, a small number under which a table keeps its columns in plain arrays.
 * A million leases cost 16 to 24 bytes each here and no object at all.
 *
 * <p>An open-addressed hash of slots, at most half full; a removal moves later entries of the run
 * back instead of leaving marks. Free slots are chained through the place of their ids.
 */
final class LeaseIds {
  private static final int FIRST_CAPACITY = 16;
  private static final int NO_SLOT = -1;

  /** By slot: the id, or the next free slot when the slot is free. */
  private long[] ids = new long[FIRST_CAPACITY];

  /** Slot + 1 by hash, 0 where there is none. The length is a power of two. */
  private int[] buckets = new int[2 * FIRST_CAPACITY];

  private int firstFree = NO_SLOT;

  /** Slots at and above this one were never used. */
  private int unused;

  private int size;

  int size() {
    return size;
  }

  /** Columns need this length. */
  int capacity() {
    return ids.length;
  }

  /** Slots are below this number. */
  int slotLimit() {
    return unused;
  }

  /** The id of a slot in use. */
  long id(int slot) {
    return ids[slot];
  }

  /** The slot of the id, or -1. */
  int find(long id) {
    for (var at = home(id); buckets[at] != 0; at = next(at)) {
      if (ids[buckets[at] - 1] == id) {
        return buckets[at] - 1;
      }
    }
    return NO_SLOT;
  }

  /** A slot for an id that has none; {@link #capacity()} may have grown. */
  int add(long id) {
    int slot;
    if (firstFree == NO_SLOT) {
      if (unused == ids.length) {
        grow();
      }
      slot = unused++;
    } else {
      slot = firstFree;
      firstFree = (int) ids[slot];
    }
    ids[slot] = id;
    size++;
    insert(slot);
    return slot;
  }

  private void insert(int slot) {
    var at = home(ids[slot]);
    while (buckets[at] != 0) {
      at = next(at);
    }
    buckets[at] = slot + 1;
  }

  private void grow() {
    ids = Arrays.copyOf(ids, 2 * ids.length);
    buckets = new int[2 * ids.length];
    for (var slot = 0; slot < unused; slot++) {
      insert(slot);
    }
  }

  /** Frees the slot of the id, which has one, and returns it. */
  int remove(long id) {
    var at = home(id);
    while (buckets[at] == 0 || ids[buckets[at] - 1] != id) {
      InvariantViolation.check(buckets[at] != 0, "a lease that is removed is there");
      at = next(at);
    }
    var slot = buckets[at] - 1;
    closeGap(at);
    ids[slot] = firstFree;
    firstFree = slot;
    size--;
    return slot;
  }

  /** Moves back each entry behind the gap that may stand there without being cut from its home. */
  private void closeGap(int removedAt) {
    var gap = removedAt;
    for (var at = next(gap); buckets[at] != 0; at = next(at)) {
      var distance = at - home(ids[buckets[at] - 1]) & (buckets.length - 1);
      if (distance >= (at - gap & (buckets.length - 1))) {
        buckets[gap] = buckets[at];
        gap = at;
      }
    }
    buckets[gap] = 0;
  }

  /** Visits the free slots below {@link #slotLimit()}. */
  void forEachFree(IntConsumer visitor) {
    for (var slot = firstFree; slot != NO_SLOT; slot = (int) ids[slot]) {
      visitor.accept(slot);
    }
  }

  private int home(long id) {
    // Ids of one client often differ in their low bits only, so the high bits of a product count.
    return (int) ((id * 0x9e3779b97f4a7c15L) >>> Long.numberOfLeadingZeros(buckets.length - 1L));
  }

  private int next(int at) {
    return at + 1 & (buckets.length - 1);
  }
}
