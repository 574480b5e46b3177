package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.index.KeyIndex;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.Revision;
import java.util.Arrays;
import java.util.List;

/**
 * A delete of very many keys that has taken effect, and whose tombstones are written bit by bit.
 *
 * <p>From its beginning none of the keys lives, for any reader: the index hides those that have no
 * tombstone yet. So the store goes on meanwhile, and only who would write one of the hidden keys
 * waits ({@link KeyIndex#hides}). The tombstones and their sub revisions are the same as if all of
 * them had been written at once: the keys that are left cannot change.
 *
 * <p>The state hash chains records in the order of revisions. Those of later revisions that are
 * made meanwhile are kept here, and follow when the last tombstone is there.
 */
final class Sweep {
  private static final int FIRST_CAPACITY = 16;

  private final KeyIndex index;
  private final long main;
  private final RecordListener listener;
  private final long keys;
  private int made;

  /** Of each record made meanwhile: main and sub revision, and checksum. */
  private long[] later = new long[3 * FIRST_CAPACITY];

  private int laterSize;

  private Sweep(KeyIndex index, long main, RecordListener listener, long keys) {
    InvariantViolation.check(keys > 0, "a revision is used up only if something changes");
    this.index = index;
    this.main = main;
    this.listener = listener;
    this.keys = keys;
  }

  /**
   * Begins to delete an interval.
   *
   * @param range in which at least one key lives
   * @param main revision of the delete
   * @param listener hears of every tombstone
   */
  static Sweep of(KeyIndex index, KeyRange range, long main, RecordListener listener) {
    var sweep = new Sweep(index, main, listener, index.present().count(range, main - 1));
    index.hide(range, main);
    return sweep;
  }

  /**
   * Begins to delete certain keys.
   *
   * @param keys in ascending order, at least one, and all of them live
   */
  static Sweep of(KeyIndex index, List<Bytes> keys, long main, RecordListener listener) {
    var sweep = new Sweep(index, main, listener, keys.size());
    index.hide(keys, main);
    return sweep;
  }

  /** How many keys it deletes, in all. */
  long keys() {
    return keys;
  }

  boolean isOver() {
    return made == keys;
  }

  /**
   * Writes further tombstones.
   *
   * @param maxKeys how many at most
   */
  Slice step(int maxKeys) {
    var packer = new DeletePacker(new Revision(main, made), listener);
    index.deleteHidden(made, maxKeys, packer);
    made += packer.count();
    InvariantViolation.check(
        isOver() || packer.count() == maxKeys, "no hidden key has come or gone meanwhile");
    if (isOver()) {
      index.showAll();
    }
    var packed = packer.pack();
    return new Slice(packed.writes(), packed.events(), List.of(), null);
  }

  /** A record of a later revision was made; its turn in the state hash comes. */
  void keep(long recordMain, long recordSub, int checksum) {
    if (laterSize == later.length) {
      later = Arrays.copyOf(later, 2 * laterSize);
    }
    later[laterSize++] = recordMain;
    later[laterSize++] = recordSub;
    later[laterSize++] = checksum;
  }

  /** Whether the record belongs to the delete itself. */
  boolean makes(long recordMain) {
    return recordMain == main;
  }

  /** Sees what {@link #keep} has kept. */
  @FunctionalInterface
  interface LaterVisitor {
    void visit(long main, long sub, int checksum);
  }

  /** Shows the later records, in the order of their revisions. */
  void forEachLater(LaterVisitor visitor) {
    for (var i = 0; i < laterSize; i += 3) {
      visitor.visit(later[i], later[i + 1], (int) later[i + 2]);
    }
  }
}
