package dev.kvorum.storage.index;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import java.nio.ByteBuffer;

/**
 * Walks the records of one key from the newest to the oldest; see {@link KeyHistory} for what it
 * reads. Reused; used by one thread at a time.
 */
final class RecordCursor {
  /** The record that the cursor stands at. */
  long main;

  long sub;
  long createRevision;
  long version;
  int recordSize;
  boolean tombstone;

  private Slabs slabs = Slabs.NONE;

  /** What is read next, and where that ends: older records in the cell or in a block. */
  private ByteBuffer memory = Slabs.NO_MEMORY;

  private int next;
  private int end;

  /** The block that is being read, or 0 while it is the cell. */
  private int block;

  /** Records that older blocks may still bring, this one's rest included; unused in the cell. */
  private long remaining;

  /** Ordinals of the newest record in the blocks, plus one, and of the oldest that counts. */
  private long written;

  private long dropped;

  /** The block in which the older records begin, where in it they begin; 0 for none. */
  private int firstBlock;

  private int firstOffset;

  /** Where the cell names that block. */
  private int referenceAt;

  /** Stands at the newest record of the leaf's cell. */
  void start(Slabs from, ByteBuffer leaf, int at, int slot) {
    slabs = from;
    memory = leaf;
    next = at + Page.body(leaf, at, slot);
    end = at + Page.cellEnd(leaf, at, slot);
    var flags = memory.get(next++);
    main = varint();
    sub = (flags & KeyHistory.SUB) != 0 ? varint() : 0;
    recordSize = (int) varint();
    tombstone = (flags & KeyHistory.TOMBSTONE) != 0;
    readLife(flags);
    block = 0;
    firstBlock = 0;
    firstOffset = 0;
    written = 0;
    dropped = 0;
    remaining = 0;
    if ((flags & KeyHistory.IN_BLOCKS) != 0) {
      referenceAt = next;
      firstBlock = memory.getInt(next);
      firstOffset = memory.getShort(next + 4) & 0xffff;
      next += 6;
      written = varint();
      dropped = varint();
      remaining = written - dropped;
      enter(firstBlock, firstOffset);
    }
  }

  private void readLife(int flags) {
    if (tombstone) {
      createRevision = 0;
      version = 0;
    } else if ((flags & KeyHistory.FIRST) != 0) {
      createRevision = main;
      version = 1;
    } else {
      createRevision = main - varint();
      version = varint();
    }
  }

  private void enter(int older, int offset) {
    block = older;
    memory = slabs.memory(older);
    var at = slabs.offset(older);
    next = at + offset;
    end = at + KeyHistory.blockBytes(memory, at);
  }

  /** Moves on to the next older record; false if there is none, and then nothing has changed. */
  boolean older() {
    if (block == 0 ? next == end : remaining == 0) {
      return false;
    }
    if (next == end) {
      var at = slabs.offset(block);
      enter(KeyHistory.olderBlock(memory, at), KeyHistory.olderOffset(memory, at));
    }
    remaining--;
    var flags = memory.get(next++);
    var newerCreate = createRevision;
    var newerVersion = version;
    main -= varint();
    sub = (flags & KeyHistory.SUB) != 0 ? varint() : 0;
    recordSize = (flags & KeyHistory.SAME_SIZE) != 0 ? recordSize : (int) varint();
    tombstone = (flags & KeyHistory.TOMBSTONE) != 0;
    if ((flags & KeyHistory.SAME_LIFE) != 0) {
      createRevision = newerCreate;
      version = newerVersion - 1;
    } else {
      readLife(flags);
    }
    return true;
  }

  /**
   * Goes on to the newest record with a main revision up to the given one; false if there is none.
   * Whole blocks of newer records are passed over.
   */
  boolean seek(long revision) {
    while (main > revision) {
      if (!jump(revision) && !older()) {
        return false;
      }
    }
    return true;
  }

  /** Goes on to the record that the key lives in at the revision; false if it does not live. */
  boolean seekLive(long revision) {
    return seek(revision) && !isTombstone();
  }

  boolean isTombstone() {
    return tombstone;
  }

  private boolean jump(long revision) {
    if (block == 0) {
      return false;
    }
    var at = slabs.offset(block);
    var older = KeyHistory.olderBlock(memory, at);
    if (older == 0 || KeyHistory.baseMain(memory, at) <= revision) {
      return false;
    }
    var left = KeyHistory.baseOrdinal(memory, at) - dropped;
    if (left <= 0) {
      return false;
    }
    // The base is the oldest record of this block, and what the next one is told apart from.
    main = KeyHistory.baseMain(memory, at);
    createRevision = KeyHistory.baseCreate(memory, at);
    version = KeyHistory.baseVersion(memory, at);
    recordSize = KeyHistory.baseSize(memory, at);
    remaining = left;
    enter(older, KeyHistory.olderOffset(memory, at));
    return true;
  }

  private long varint() {
    var value = 0L;
    var shift = 0;
    while (true) {
      var part = memory.get(next++);
      value |= (long) (part & 0x7f) << shift;
      if (part >= 0) {
        return value;
      }
      shift += 7;
    }
  }

  /** Where the record after the present one begins, in {@link #memory()}. */
  int position() {
    return next;
  }

  ByteBuffer memory() {
    return memory;
  }

  /** Where the cell or the block ends that is being read. */
  int end() {
    return end;
  }

  /** The block that is being read, or 0 while it is the cell. */
  int block() {
    return block;
  }

  int firstBlock() {
    return firstBlock;
  }

  /** Where the cell's reference to the first block stands; only if it has one. */
  int referenceAt() {
    return referenceAt;
  }

  int firstOffset() {
    return firstOffset;
  }

  long written() {
    return written;
  }

  long dropped() {
    return dropped;
  }

  IndexEntry entry(Bytes key) {
    return new IndexEntry(key, new Revision(main, sub), createRevision, version, recordSize);
  }
}
