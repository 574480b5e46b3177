package dev.kvorum.storage.index;

import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Revision;
import java.nio.ByteBuffer;

/**
 * The records of one key: how they are written. The newest stands in the body of the leaf's cell,
 * the older ones behind it, from the newest to the oldest: each is told as what differs from the
 * record that came after it. So a record is written once and never again, whatever comes later.
 *
 * <pre>
 *   body:   flags u8, main, sub if SUB, size, life, then
 *             the older records, at most 40 bytes, if INLINE
 *             or block u32, offset u16, written, dropped, if IN_BLOCKS
 *   older:  flags u8, main of the newer one - main, sub if SUB, size unless SAME_SIZE, life
 *   life:   main - create revision, version; nothing if TOMBSTONE, FIRST (version 1) or SAME_LIFE
 *           (create revision of the newer one, version one less)
 * </pre>
 *
 * <p>Numbers without a size are varints, seven bits a byte, the lowest first. For example put at 2,
 * put at 5 and delete at 7, with sizes 14, 14 and 5, is {@code TOMBSTONE|INLINE 7 5, then} {@code 0
 * 2 14 3 2, then FIRST|SAME_SIZE 3}: 10 bytes.
 *
 * <p>Older records that become too many for the cell move to blocks of their own, which get larger
 * from one to the next, up to a page. A block is filled from its end to its beginning, so that its
 * records, too, stand from the newest to the oldest.
 *
 * <pre>
 *   0   class of the block                           u8
 *   2   offset of the newest record in the older one u16
 *   4   the older block, or 0                        u32
 *   8   the oldest record in this block: main, create revision, version (u64 each), size (u32);
 *       without it one would have to read this block in order to read the older one
 *  36   how many records are in older blocks         u32
 *  40   free, then records; from 8 on if no block is older
 * </pre>
 *
 * <p>Cells of older views share these blocks. They keep seeing what they saw, because the writer
 * only fills what lies below the offset that their cells name.
 *
 * <p>{@code written} counts all records that were ever put into the blocks, {@code dropped} those
 * of them that compactions took away, always the oldest. Blocks that hold none but dropped records
 * are given back, and nobody follows the reference to them.
 */
final class KeyHistory {
  static final int TOMBSTONE = 1;
  static final int FIRST = 2;
  static final int SUB = 4;
  static final int SAME_LIFE = 8;
  static final int SAME_SIZE = 16;
  static final int INLINE = 32;
  static final int IN_BLOCKS = 64;

  private static final int MAX_INLINE_BYTES = 40;

  /** Four varints of at most 9 bytes, one of at most 5, and the flags. */
  private static final int MAX_RECORD_BYTES = 42;

  /** A record, and older ones or the reference to them. */
  static final int MAX_BODY_BYTES = MAX_RECORD_BYTES + MAX_INLINE_BYTES;

  private static final int OLDER_OFFSET = 2;
  private static final int OLDER_BLOCK = 4;
  private static final int BASE_MAIN = 8;
  private static final int BASE_CREATE = 16;
  private static final int BASE_VERSION = 24;
  private static final int BASE_SIZE = 32;
  private static final int BASE_ORDINAL = 36;
  private static final int FIRST_PAYLOAD = 8;
  private static final int PAYLOAD = 40;

  private final Blocks blocks;
  private final Retired retired;
  private final RecordCursor cursor;

  /** The body that the last call made. */
  final byte[] body = new byte[MAX_BODY_BYTES];

  int bodySize;

  private final byte[] record = new byte[MAX_RECORD_BYTES];
  private final NewRecord newest = new NewRecord();

  KeyHistory(Blocks blocks, Retired retired) {
    this.blocks = blocks;
    this.retired = retired;
    cursor = new RecordCursor();
  }

  static int blockBytes(ByteBuffer memory, int at) {
    return Blocks.bytes(memory.get(at));
  }

  static int olderBlock(ByteBuffer memory, int at) {
    return memory.getInt(at + OLDER_BLOCK);
  }

  static int olderOffset(ByteBuffer memory, int at) {
    return memory.getShort(at + OLDER_OFFSET) & 0xffff;
  }

  static long baseMain(ByteBuffer memory, int at) {
    return memory.getLong(at + BASE_MAIN);
  }

  static long baseCreate(ByteBuffer memory, int at) {
    return memory.getLong(at + BASE_CREATE);
  }

  static long baseVersion(ByteBuffer memory, int at) {
    return memory.getLong(at + BASE_VERSION);
  }

  static int baseSize(ByteBuffer memory, int at) {
    return memory.getInt(at + BASE_SIZE);
  }

  static long baseOrdinal(ByteBuffer memory, int at) {
    return memory.getInt(at + BASE_ORDINAL) & 0xffff_ffffL;
  }

  /** Where records begin in a block that is full. */
  static int payload(ByteBuffer memory, int at) {
    return olderBlock(memory, at) == 0 ? FIRST_PAYLOAD : PAYLOAD;
  }

  /** Whether the cell's older records are in blocks of their own. */
  static boolean isInBlocks(ByteBuffer leaf, int at, int slot) {
    return (leaf.get(at + Page.body(leaf, at, slot)) & IN_BLOCKS) != 0;
  }

  static boolean isTombstone(ByteBuffer leaf, int at, int slot) {
    return (leaf.get(at + Page.body(leaf, at, slot)) & TOMBSTONE) != 0;
  }

  /** Makes the body of a key's first record. */
  void begin(NewRecord first) {
    bodySize = writeNewest(first, 0);
  }

  /** Makes the body of the cell with one more record; the cell itself stays as it is. */
  void append(ByteBuffer leaf, int at, int slot, NewRecord next) {
    cursor.start(blocks.slabs(), leaf, at, slot);
    InvariantViolation.check(
        cursor.main < next.main || (cursor.main == next.main && cursor.sub < next.sub),
        "a key's records ascend by revision");
    var size = writeOlder(next);
    if (cursor.block() != 0) {
      appendToBlocks(size, next);
      return;
    }
    var inline = cursor.end() - cursor.position();
    if (inline + size <= MAX_INLINE_BYTES) {
      var end = writeNewest(next, INLINE);
      System.arraycopy(record, 0, body, end, size);
      leaf.get(cursor.position(), body, end + size, inline);
      bodySize = end + size + inline;
    } else {
      moveToBlocks(leaf, inline, size, next);
    }
  }

  private void moveToBlocks(ByteBuffer leaf, int inline, int size, NewRecord next) {
    var from = cursor.position();
    var main = cursor.main;
    var createRevision = cursor.createRevision;
    var version = cursor.version;
    var recordSize = cursor.recordSize;
    var count = 0;
    while (cursor.older()) {
      count++;
    }
    var block = blocks.allocate(0);
    var memory = blocks.slabs().memory(block);
    var at = blocks.slabs().offset(block);
    memory.put(at, (byte) 0);
    memory.putShort(at + OLDER_OFFSET, (short) 0);
    memory.putInt(at + OLDER_BLOCK, 0);
    var offset = Blocks.bytes(0) - inline;
    InvariantViolation.check(offset >= FIRST_PAYLOAD, "what was in the cell fits into a block");
    memory.put(at + offset, leaf, from, inline);
    cursor.main = main;
    cursor.createRevision = createRevision;
    cursor.version = version;
    cursor.recordSize = recordSize;
    appendToBlocks(block, offset, count, 0, size, next);
  }

  private void appendToBlocks(int size, NewRecord next) {
    appendToBlocks(
        cursor.firstBlock(), cursor.firstOffset(), cursor.written(), cursor.dropped(), size, next);
  }

  /** Puts the record before the others; the cursor stands at what it tells. */
  private void appendToBlocks(
      int block, int offset, long written, long dropped, int size, NewRecord next) {
    var memory = blocks.slabs().memory(block);
    var at = blocks.slabs().offset(block);
    var payload = payload(memory, at);
    var target = block;
    var end = offset;
    if (offset - size < payload) {
      var sizeClass = Math.min(memory.get(at) + 1, Blocks.PAGE);
      target = blocks.allocate(sizeClass);
      end = Blocks.bytes(sizeClass);
      memory = blocks.slabs().memory(target);
      at = blocks.slabs().offset(target);
      memory.put(at, (byte) sizeClass);
      memory.putShort(at + OLDER_OFFSET, (short) offset);
      memory.putInt(at + OLDER_BLOCK, block);
      memory.putLong(at + BASE_MAIN, cursor.main);
      memory.putLong(at + BASE_CREATE, cursor.createRevision);
      memory.putLong(at + BASE_VERSION, cursor.version);
      memory.putInt(at + BASE_SIZE, cursor.recordSize);
      memory.putInt(at + BASE_ORDINAL, (int) written);
    }
    memory.put(at + end - size, record, 0, size);
    writeReference(writeNewest(next, IN_BLOCKS), target, end - size, written + 1, dropped);
  }

  private void writeReference(int to, int block, int offset, long written, long dropped) {
    var at = to;
    for (var shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      body[at++] = (byte) (block >>> shift);
    }
    body[at++] = (byte) offset;
    body[at++] = (byte) (offset >>> Byte.SIZE);
    at = writeVarint(body, at, written);
    bodySize = writeVarint(body, at, dropped);
  }

  /** Writes the newest record to the body; returns where it ends. */
  private int writeNewest(NewRecord newest, int where) {
    var isFirst = newest.version == 1 && newest.createRevision == newest.main;
    body[0] =
        (byte)
            (where
                | (newest.tombstone ? TOMBSTONE : isFirst ? FIRST : 0)
                | (newest.sub != 0 ? SUB : 0));
    var at = writeVarint(body, 1, newest.main);
    at = newest.sub != 0 ? writeVarint(body, at, newest.sub) : at;
    at = writeVarint(body, at, newest.recordSize);
    if (!newest.tombstone && !isFirst) {
      at = writeVarint(body, at, newest.main - newest.createRevision);
      at = writeVarint(body, at, newest.version);
    }
    return at;
  }

  /** Writes the cursor's record as the one before {@code newer}; returns its size. */
  private int writeOlder(NewRecord newer) {
    var isFirst = cursor.version == 1 && cursor.createRevision == cursor.main;
    var isSameLife =
        !newer.tombstone
            && !cursor.tombstone
            && cursor.createRevision == newer.createRevision
            && cursor.version == newer.version - 1;
    var isSameSize = cursor.recordSize == newer.recordSize;
    var life = cursor.tombstone ? TOMBSTONE : isFirst ? FIRST : isSameLife ? SAME_LIFE : 0;
    record[0] = (byte) (life | (cursor.sub != 0 ? SUB : 0) | (isSameSize ? SAME_SIZE : 0));
    var at = writeVarint(record, 1, newer.main - cursor.main);
    at = cursor.sub != 0 ? writeVarint(record, at, cursor.sub) : at;
    at = isSameSize ? at : writeVarint(record, at, cursor.recordSize);
    if (life == 0) {
      at = writeVarint(record, at, cursor.main - cursor.createRevision);
      at = writeVarint(record, at, cursor.version);
    }
    return at;
  }

  private static int writeVarint(byte[] target, int at, long value) {
    var to = at;
    var rest = value;
    while (rest >>> 7 != 0) {
      target[to++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    target[to++] = (byte) rest;
    return to;
  }

  /** What a compaction does with a cell. */
  enum Compacted {
    UNCHANGED,
    /** The new body is {@link #body}. */
    SHORTER,
    GONE
  }

  /** Whether the cell may hold a record that some compaction removes; cheap. */
  static boolean mayShrink(ByteBuffer leaf, int at, int slot) {
    var flags = leaf.get(at + Page.body(leaf, at, slot));
    return (flags & (TOMBSTONE | INLINE | IN_BLOCKS)) != 0;
  }

  /**
   * Finds what a compaction leaves of the key (contract S7.2): the newest record up to the revision
   * and all later ones, and not that one either when it is a tombstone, unless of that very
   * revision. The cell stays as it is; blocks that its successor does not need are retired.
   */
  Compacted compact(
      ByteBuffer leaf, int at, int slot, long revision, KeyIndex.RemovedVisitor removed) {
    cursor.start(blocks.slabs(), leaf, at, slot);
    var newer = 0L;
    while (cursor.main > revision) {
      newer++;
      if (!cursor.older()) {
        return Compacted.UNCHANGED;
      }
    }
    var kept = newer;
    if (!goesWithAll(revision)) {
      kept++;
      if (!cursor.older()) {
        return Compacted.UNCHANGED;
      }
    }
    do {
      tell(removed);
    } while (cursor.older());
    cursor.start(blocks.slabs(), leaf, at, slot);
    if (kept == 0) {
      retireBlocks(cursor.firstBlock());
      return Compacted.GONE;
    }
    shorten(kept - 1);
    return Compacted.SHORTER;
  }

  private boolean goesWithAll(long revision) {
    return cursor.isTombstone() && !isOfRevision(cursor, revision);
  }

  /** A watch that begins at the compact revision is still shown what happened in it. */
  private static boolean isOfRevision(RecordCursor at, long revision) {
    return at.main == revision;
  }

  private void tell(KeyIndex.RemovedVisitor removed) {
    removed.visit(new Revision(cursor.main, cursor.sub), cursor.tombstone, cursor.recordSize);
  }

  /** Makes the body with so many older records; the cursor stands at the newest. */
  private void shorten(long olderRecords) {
    newest.main = cursor.main;
    newest.sub = cursor.sub;
    newest.createRevision = cursor.createRevision;
    newest.version = cursor.version;
    newest.recordSize = cursor.recordSize;
    newest.tombstone = cursor.tombstone;
    var firstBlock = cursor.firstBlock();
    var from = cursor.position();
    var source = cursor.memory();
    for (var i = 0L; i < olderRecords; i++) {
      InvariantViolation.check(cursor.older(), "a record that is kept is there");
    }
    var isTogether = cursor.block() == firstBlock;
    var size = cursor.position() - from;
    if (olderRecords == 0 || (isTogether && size <= MAX_INLINE_BYTES)) {
      var end = writeNewest(newest, olderRecords == 0 ? 0 : INLINE);
      var copied = olderRecords == 0 ? 0 : size;
      source.get(from, body, end, copied);
      bodySize = end + copied;
      retireBlocks(firstBlock);
      return;
    }
    retireBelow(cursor.block());
    writeReference(
        writeNewest(newest, IN_BLOCKS),
        firstBlock,
        cursor.firstOffset(),
        cursor.written(),
        cursor.written() - olderRecords);
  }

  private void retireBlocks(int first) {
    if (first != 0) {
      retireBelow(first);
      var at = blocks.slabs().offset(first);
      retired.add(first, blocks.slabs().memory(first).get(at));
    }
  }

  /** Retires the blocks older than this one that are not retired yet. */
  private void retireBelow(int block) {
    var newer = block;
    while (true) {
      var memory = blocks.slabs().memory(newer);
      var at = blocks.slabs().offset(newer);
      var older = olderBlock(memory, at);
      if (older == 0 || baseOrdinal(memory, at) <= cursor.dropped()) {
        return;
      }
      retired.add(older, blocks.slabs().memory(older).get(blocks.slabs().offset(older)));
      newer = older;
    }
  }
}
