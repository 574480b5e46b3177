package dev.kvorum.storage.backend.xodus;

import dev.kvorum.storage.backend.BackendException;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.model.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import jetbrains.exodus.ArrayByteIterable;
import jetbrains.exodus.ByteIterable;
import jetbrains.exodus.env.Cursor;
import jetbrains.exodus.env.ReadonlyTransaction;
import jetbrains.exodus.env.Store;
import jetbrains.exodus.env.StoreImpl;
import jetbrains.exodus.env.Transaction;
import org.jspecify.annotations.Nullable;

/**
 * One bucket as an Xodus store, and how a value is laid out in it.
 *
 * <p>Xodus cannot write a record that is larger than a log file, and fills the rest of a file with
 * padding when the next record does not fit. Requests have no upper bound of their own, so a value
 * above {@link #PART_BYTES} is cut into parts, which live in a store that all buckets share. The
 * bucket then holds a short reference:
 *
 * <pre>
 * whole value       00 | value
 * value in parts    01 | size of the value, u32
 * key of a part     bucket title | 00 | size of the key, u32 | key | number of the part, u32
 * </pre>
 *
 * Numbers are big-endian, so parts lie in order. The size in front of the key keeps the parts of
 * one key from being a prefix of another key's.
 */
final class XodusBucket {
  /** The largest value that is kept whole, and the size of every part but the last. */
  static final int PART_BYTES = 1 << 20;

  private static final byte WHOLE = 0;
  private static final byte IN_PARTS = 1;

  private final Store store;
  private final Store parts;
  private final byte[] title;

  /**
   * No key of the bucket is above this one; null until the first put asks. Revisions only ascend,
   * and Xodus appends to a tree without searching it when it is told that a key is the greatest.
   */
  private @Nullable Bytes highestKey;

  /** False while no value of any bucket is in parts, which spares every change a search. */
  private boolean partsExist;

  XodusBucket(Bucket bucket, Store store, Store parts, Transaction transaction) {
    this.store = store;
    this.parts = parts;
    this.title = bucket.title().getBytes(StandardCharsets.UTF_8);
    this.partsExist = parts.count(transaction) > 0;
  }

  void put(Transaction transaction, Bytes key, Bytes value) {
    var entryKey = iterable(key);
    var ascends = ascends(transaction, key);
    if (partsExist && !ascends) {
      deleteParts(transaction, key);
    }
    var entryValue = value.size() <= PART_BYTES ? whole(value) : putParts(transaction, key, value);
    if (ascends) {
      store.putRight(transaction, entryKey, entryValue);
      highestKey = key.compact();
    } else {
      store.put(transaction, entryKey, entryValue);
    }
  }

  private boolean ascends(Transaction transaction, Bytes key) {
    if (highestKey == null) {
      try (var cursor = store.openCursor(transaction)) {
        if (!cursor.getLast()) {
          highestKey = Bytes.EMPTY;
          return true;
        }
        highestKey = bytes(cursor.getKey());
      }
    }
    return key.compareTo(highestKey) > 0;
  }

  void delete(Transaction transaction, Bytes key) {
    if (partsExist) {
      deleteParts(transaction, key);
    }
    // The highest key stays what it was: it only has to be an upper bound.
    store.delete(transaction, iterable(key));
  }

  @Nullable Bytes get(Transaction transaction, Bytes key) {
    var found = store.get(transaction, iterable(key));
    return found == null ? null : value(transaction, key, bytes(found));
  }

  /** The same for many keys, by a reader of the bucket's tree. */
  @Nullable Bytes get(ReadonlyTransaction transaction, TreeReader reader, Bytes key) {
    var found = reader.find(key);
    return found == null ? get(transaction, key) : value(transaction, key, found);
  }

  TreeReader openReader(ReadonlyTransaction transaction, TreePages pages) {
    var tree = transaction.getTree((StoreImpl) store);
    return new TreeReader(tree.getLog(), tree.getRootAddress(), pages);
  }

  Cursor openCursor(Transaction transaction) {
    return store.openCursor(transaction);
  }

  /** The value that an entry of this bucket stands for. */
  Bytes value(Transaction transaction, Bytes key, Bytes content) {
    if (!content.isEmpty() && content.at(0) == WHOLE) {
      return content.slice(1, content.size());
    }
    if (content.size() != 1 + Integer.BYTES || content.at(0) != IN_PARTS) {
      throw new BackendException("entry " + key + " begins with no known layout");
    }
    var value = new byte[content.asByteBuffer().slice().getInt(1)];
    var partKey = partKey(key);
    for (int at = 0, number = 0; at < value.length; at += PART_BYTES, number++) {
      var part = parts.get(transaction, iterable(numbered(partKey, number)));
      var size = Math.min(PART_BYTES, value.length - at);
      if (part == null || part.getLength() != size) {
        throw new BackendException("part " + number + " of entry " + key + " is not as written");
      }
      bytes(part).copyTo(value, at);
    }
    return Bytes.wrap(value);
  }

  private ArrayByteIterable putParts(Transaction transaction, Bytes key, Bytes value) {
    partsExist = true;
    var partKey = partKey(key);
    for (int at = 0, number = 0; at < value.size(); at += PART_BYTES, number++) {
      var part = value.slice(at, Math.min(at + PART_BYTES, value.size()));
      parts.put(transaction, iterable(numbered(partKey, number)), iterable(part));
    }
    return new ArrayByteIterable(
        ByteBuffer.allocate(1 + Integer.BYTES).put(IN_PARTS).putInt(value.size()).array());
  }

  private void deleteParts(Transaction transaction, Bytes key) {
    var partKey = partKey(key);
    for (var number = 0; ; number++) {
      if (!parts.delete(transaction, iterable(numbered(partKey, number)))) {
        return;
      }
    }
  }

  private Bytes partKey(Bytes key) {
    var partKey = ByteBuffer.allocate(title.length + 1 + 2 * Integer.BYTES + key.size());
    partKey.put(title).put((byte) 0).putInt(key.size()).put(key.asByteBuffer());
    return Bytes.wrap(partKey.array());
  }

  private static Bytes numbered(Bytes partKey, int number) {
    var numbered = partKey.toArray();
    ByteBuffer.wrap(numbered).putInt(numbered.length - Integer.BYTES, number);
    return Bytes.wrap(numbered);
  }

  private static ArrayByteIterable whole(Bytes value) {
    var content = new byte[1 + value.size()];
    content[0] = WHOLE;
    value.copyTo(content, 1);
    return new ArrayByteIterable(content);
  }

  static ArrayByteIterable iterable(Bytes bytes) {
    return new ArrayByteIterable(
        bytes.size() == bytes.sharedArray().length ? bytes.sharedArray() : bytes.toArray());
  }

  static Bytes bytes(ByteIterable iterable) {
    var array = iterable.getBytesUnsafe();
    var size = iterable.getLength();
    return Bytes.wrap(array.length == size ? array : Arrays.copyOf(array, size));
  }
}
