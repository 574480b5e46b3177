package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * A record in bucket KEY. Its key is etcd's (contract S1.7): eight bytes of main revision, {@code
 * _}, eight bytes of sub revision, all big-endian, and {@code t} behind a tombstone; so byte order
 * is revision order. Its value is four bytes of CRC-32C, big-endian, over that key and the
 * serialized key-value, and then the key-value. With the key under the checksum a record that came
 * back from the wrong place is found out too.
 */
public final class RecordCodec {
  private static final int KEY_SIZE = 17;
  private static final int CHECKSUM_SIZE = 4;
  private static final int SEPARATOR_AT = 8;
  private static final int SUB_AT = 9;
  private static final byte SEPARATOR = '_';
  private static final byte TOMBSTONE = 't';

  private RecordCodec() {}

  public static Bytes bucketKey(RecordId id) {
    return Bytes.wrap(rawKey(id.revision(), id.tombstone()));
  }

  /** Where a put's record stands, which is where every record stands that a read asks for. */
  public static Bytes bucketKey(Revision revision) {
    return Bytes.wrap(rawKey(revision, false));
  }

  /** The lowest key that a record of this main revision can have. */
  public static Bytes firstBucketKey(long main) {
    return bucketKey(new Revision(main, 0));
  }

  private static byte[] rawKey(Revision revision, boolean tombstone) {
    var key = new byte[tombstone ? KEY_SIZE + 1 : KEY_SIZE];
    var buffer = ByteBuffer.wrap(key).putLong(revision.main()).put(SEPARATOR);
    buffer.putLong(revision.sub());
    if (tombstone) {
      buffer.put(TOMBSTONE);
    }
    return key;
  }

  /** Reads a key of the bucket; throws {@link CorruptRecordException} for anything else. */
  public static RecordId id(Bytes bucketKey) {
    var size = bucketKey.size();
    var tombstone = size == KEY_SIZE + 1;
    if ((size != KEY_SIZE && !tombstone)
        || bucketKey.at(SEPARATOR_AT) != SEPARATOR
        || (tombstone && bucketKey.at(KEY_SIZE) != TOMBSTONE)) {
      throw new CorruptRecordException("not a record's key: " + bucketKey.toHex());
    }
    var buffer = ByteBuffer.wrap(bucketKey.sharedArray());
    var main = buffer.getLong(bucketKey.offset());
    var sub = buffer.getLong(bucketKey.offset() + SUB_AT);
    if (main < 0 || sub < 0) {
      throw new CorruptRecordException("not a record's key: " + bucketKey.toHex());
    }
    return new RecordId(new Revision(main, sub), tombstone);
  }

  static int checksum(Revision revision, boolean tombstone, Bytes record) {
    var crc = new CRC32C();
    crc.update(rawKey(revision, tombstone));
    crc.update(record.sharedArray(), record.offset(), record.size());
    return (int) crc.getValue();
  }

  /** The checksums of the tombstones of one main revision. Reused for all of them. */
  static final class TombstoneChecksum {
    private final CRC32C crc = new CRC32C();
    private final byte[] key;
    private final ByteBuffer keyBuffer;

    TombstoneChecksum(long main) {
      key = rawKey(new Revision(main, 0), true);
      keyBuffer = ByteBuffer.wrap(key);
    }

    /** What {@link #checksum} is for the record {@code records[from, from + size)}. */
    int of(long sub, byte[] records, int from, int size) {
      keyBuffer.putLong(SUB_AT, sub);
      crc.reset();
      crc.update(key, 0, key.length);
      crc.update(records, from, size);
      return (int) crc.getValue();
    }
  }

  static Bytes bucketValue(int checksum, Bytes record) {
    var value = new byte[CHECKSUM_SIZE + record.size()];
    ByteBuffer.wrap(value).putInt(checksum);
    record.copyTo(value, CHECKSUM_SIZE);
    return Bytes.wrap(value);
  }

  /**
   * The serialized key-value inside a value of the bucket, a window on it. Throws {@link
   * CorruptRecordException} when the checksum does not hold.
   */
  public static Bytes record(Bytes bucketKey, Bytes bucketValue) {
    if (bucketValue.size() < CHECKSUM_SIZE) {
      throw new CorruptRecordException(
          "record %s has %d bytes".formatted(bucketKey.toHex(), bucketValue.size()));
    }
    var stored = storedChecksum(bucketValue);
    var record = bucketValue.slice(CHECKSUM_SIZE, bucketValue.size());
    var crc = new CRC32C();
    crc.update(bucketKey.sharedArray(), bucketKey.offset(), bucketKey.size());
    crc.update(record.sharedArray(), record.offset(), record.size());
    if ((int) crc.getValue() != stored) {
      throw new CorruptRecordException(
          "record %s of %d bytes: checksum %08x, stored %08x"
              .formatted(bucketKey.toHex(), record.size(), crc.getValue(), stored));
    }
    return record;
  }

  /** The checksum in a value of the bucket; {@link #record} says whether it holds. */
  static int storedChecksum(Bytes bucketValue) {
    return ByteBuffer.wrap(bucketValue.sharedArray()).getInt(bucketValue.offset());
  }
}
