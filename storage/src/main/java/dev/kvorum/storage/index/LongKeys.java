package dev.kvorum.storage.index;

import dev.kvorum.storage.model.Bytes;
import java.nio.ByteBuffer;

/**
 * What does not fit into the head of a long key, in blocks of its own that point to one another, so
 * that no key, however long, makes a page large. Each is written once, belongs to one cell, and is
 * shared by the copies of that cell's page.
 *
 * <pre>
 *   0   class of the block          u8
 *   4   the next block, or 0        u32
 *   8   bytes of the key
 * </pre>
 */
final class LongKeys {
  private static final int NEXT = 4;
  private static final int PAYLOAD = 8;

  /** Payload of every block but the last. */
  private static final int FULL = Blocks.PAGE_BYTES - PAYLOAD;

  private LongKeys() {}

  /** Stores {@code key[from, from + size)}; returns the first block, 0 for no bytes. */
  private static int store(Blocks blocks, byte[] key, int from, int size) {
    var next = 0;
    // From the last block to the first, each pointing to the one before.
    for (var end = size; end > 0; ) {
      var part = lastPart(end);
      next = store(blocks, key, from + end - part, part, next);
      end -= part;
    }
    return next;
  }

  /** How many of so many bytes go into the last block. */
  static int lastPart(int size) {
    return (size - 1) % FULL + 1;
  }

  /** The reference to what follows the head of a long key, stored; 0 for a key that is short. */
  static long store(Blocks blocks, Bytes key) {
    var size = key.size() - Page.HEAD_BYTES;
    return size <= 0
        ? 0
        : reference(store(blocks, key.sharedArray(), key.offset() + Page.HEAD_BYTES, size), size);
  }

  /** As it stands in a page. */
  static long reference(int block, int size) {
    return (long) size << Integer.SIZE | block;
  }

  /** A reference to blocks with the same bytes. */
  static long copyOf(Blocks blocks, long reference) {
    var size = (int) (reference >>> Integer.SIZE);
    var copy = new byte[size];
    copy(blocks.slabs(), (int) reference, size, copy, 0);
    return reference(store(blocks, copy, 0, size), size);
  }

  private static int store(Blocks blocks, byte[] key, int from, int size, int next) {
    var sizeClass = classOf(size);
    var block = blocks.allocate(sizeClass);
    var memory = blocks.slabs().memory(block);
    write(memory, blocks.slabs().offset(block), sizeClass, key, from, size, next);
    return block;
  }

  /** The class of a block for so many bytes of a key. */
  static int classOf(int size) {
    return Blocks.classOf(size + PAYLOAD);
  }

  /** Fills a block. */
  static void write(
      ByteBuffer memory, int at, int sizeClass, byte[] key, int from, int size, int next) {
    memory.put(at, (byte) sizeClass);
    memory.putInt(at + NEXT, next);
    memory.put(at + PAYLOAD, key, from, size);
  }

  static void copy(Slabs slabs, int first, int size, byte[] target, int to) {
    var block = first;
    var copied = 0;
    while (copied < size) {
      var memory = slabs.memory(block);
      var at = slabs.offset(block);
      var here = Math.min(size - copied, capacity(memory, at));
      memory.get(at + PAYLOAD, target, to + copied, here);
      copied += here;
      block = memory.getInt(at + NEXT);
    }
  }

  /** Compares what follows two equal heads; the reference of the first stands at {@code at}. */
  static int compare(Slabs slabs, ByteBuffer memory, int at, Bytes key) {
    var block = memory.getInt(at);
    var size = memory.getInt(at + 4);
    var keySize = key.size() - Page.HEAD_BYTES;
    var common = Math.min(size, keySize);
    var compared = 0;
    while (compared < common) {
      var here = slabs.memory(block);
      var hereAt = slabs.offset(block);
      var part = Math.min(common - compared, capacity(here, hereAt));
      var order =
          Page.compare(
              here,
              hereAt + PAYLOAD,
              part,
              key.sharedArray(),
              key.offset() + Page.HEAD_BYTES + compared,
              part);
      if (order != 0) {
        return order;
      }
      compared += part;
      block = here.getInt(hereAt + NEXT);
    }
    return size - keySize;
  }

  /** What so many bytes take. */
  static long blockBytes(int size) {
    return size <= 0
        ? 0
        : (long) (size - 1) / FULL * Blocks.PAGE_BYTES + Blocks.bytes(classOf(lastPart(size)));
  }

  private static int capacity(ByteBuffer memory, int at) {
    return Blocks.bytes(memory.get(at)) - PAYLOAD;
  }

  /** Gives the blocks back once nobody can see them any more. */
  static void retire(Slabs slabs, int first, Retired retired) {
    var block = first;
    while (block != 0) {
      var memory = slabs.memory(block);
      var at = slabs.offset(block);
      var next = memory.getInt(at + NEXT);
      retired.add(block, memory.get(at));
      block = next;
    }
  }
}
