package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.index.KeyIndex;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.Revision;
import java.util.Arrays;

/**
 * Makes the records of deletes that follow one another in a revision, straight into the arrays of
 * {@link PackedDeletes}: a delete of very many keys makes no object for any of them.
 */
final class DeletePacker implements KeyIndex.DeleteVisitor {
  private static final int FIRST_CAPACITY = 4;
  private static final int RECORD_BYTES = 64;

  private final Revision first;
  private final RecordListener listener;
  private final RecordCodec.TombstoneChecksum checksum;

  private int count;
  private byte[] records = new byte[FIRST_CAPACITY * RECORD_BYTES];
  private int[] recordEnds = new int[FIRST_CAPACITY];
  private int[] keySizes = new int[FIRST_CAPACITY];
  private int[] checksums = new int[FIRST_CAPACITY];
  private long[] previousMains = new long[FIRST_CAPACITY];
  private long[] previousSubs = new long[FIRST_CAPACITY];

  /**
   * @param first the revision of the first delete
   * @param listener hears of every record
   */
  DeletePacker(Revision first, RecordListener listener) {
    this.first = first;
    this.listener = listener;
    checksum = new RecordCodec.TombstoneChecksum(first.main());
  }

  @Override
  public int visit(byte[] key, int keySize, long replacedMain, long replacedSub) {
    var size = KeyValueCodec.tombstoneSize(keySize);
    var from = count == 0 ? 0 : recordEnds[count - 1];
    ensure(from + size);
    KeyValueCodec.writeTombstone(key, keySize, records, from);
    var sub = first.sub() + count;
    recordEnds[count] = from + size;
    keySizes[count] = keySize;
    checksums[count] = checksum.of(sub, records, from, size);
    previousMains[count] = replacedMain;
    previousSubs[count] = replacedSub;
    listener.made(first.main(), sub, size, checksums[count]);
    count++;
    return size;
  }

  private void ensure(int bytes) {
    if (bytes > records.length) {
      records = Arrays.copyOf(records, Math.max(bytes, 2 * records.length));
    }
    if (count == checksums.length) {
      resize(2 * count);
    }
  }

  private void resize(int capacity) {
    recordEnds = Arrays.copyOf(recordEnds, capacity);
    keySizes = Arrays.copyOf(keySizes, capacity);
    checksums = Arrays.copyOf(checksums, capacity);
    previousMains = Arrays.copyOf(previousMains, capacity);
    previousSubs = Arrays.copyOf(previousSubs, capacity);
  }

  /** How many were made. */
  int count() {
    return count;
  }

  /** What was made, without room to spare. The packer must not be used again. */
  PackedDeletes pack() {
    resize(count);
    var bytes = Arrays.copyOf(records, count == 0 ? 0 : recordEnds[count - 1]);
    return new PackedDeletes(
        first, bytes, recordEnds, keySizes, checksums, previousMains, previousSubs);
  }
}
