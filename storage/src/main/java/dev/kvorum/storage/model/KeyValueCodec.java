package dev.kvorum.storage.model;

/**
 * The serialized {@code mvccpb.KeyValue} that the store keeps, hashes, watches and answers with
 * (contract S1.7): fields in the order of their numbers, zero fields left out. Equal records are
 * equal bytes on every member, which is what makes hashes comparable.
 */
public final class KeyValueCodec {
  private static final int KEY = 1;
  private static final int CREATE_REVISION = 2;
  private static final int MOD_REVISION = 3;
  private static final int VERSION = 4;
  private static final int VALUE = 5;
  private static final int LEASE = 6;

  private static final int KEY_TAG = ProtoReader.tag(KEY, ProtoReader.LENGTH);
  private static final int CREATE_REVISION_TAG =
      ProtoReader.tag(CREATE_REVISION, ProtoReader.VARINT);
  private static final int MOD_REVISION_TAG = ProtoReader.tag(MOD_REVISION, ProtoReader.VARINT);
  private static final int VERSION_TAG = ProtoReader.tag(VERSION, ProtoReader.VARINT);
  private static final int VALUE_TAG = ProtoReader.tag(VALUE, ProtoReader.LENGTH);
  private static final int LEASE_TAG = ProtoReader.tag(LEASE, ProtoReader.VARINT);

  private KeyValueCodec() {}

  public static Bytes encode(KeyValue kv) {
    return encode(
        kv.key(), kv.createRevision(), kv.modRevision(), kv.version(), kv.value(), kv.lease());
  }

  /** The record on memory of its own, whatever the key and the value are windows of. */
  public static Bytes encode(
      Bytes key, long createRevision, long modRevision, long version, Bytes value, long lease) {
    var size =
        ProtoWriter.bytesFieldSize(KEY, key.size())
            + ProtoWriter.varintFieldSize(CREATE_REVISION, createRevision)
            + ProtoWriter.varintFieldSize(MOD_REVISION, modRevision)
            + ProtoWriter.varintFieldSize(VERSION, version)
            + ProtoWriter.bytesFieldSize(VALUE, value.size())
            + ProtoWriter.varintFieldSize(LEASE, lease);
    return new ProtoWriter(size)
        .bytesField(KEY, key)
        .varintField(CREATE_REVISION, createRevision)
        .varintField(MOD_REVISION, modRevision)
        .varintField(VERSION, version)
        .bytesField(VALUE, value)
        .varintField(LEASE, lease)
        .toBytes();
  }

  /** What the store keeps of a delete: the key alone. */
  public static Bytes tombstone(Bytes key) {
    return encode(key, 0, 0, 0, Bytes.EMPTY, 0);
  }

  /** The size of what {@link #tombstone} gives for a key of that size. */
  public static int tombstoneSize(int keySize) {
    return ProtoWriter.bytesFieldSize(KEY, keySize);
  }

  /** Writes what {@link #tombstone} gives for {@code key[0, keySize)} to {@code target[at...)}. */
  public static void writeTombstone(byte[] key, int keySize, byte[] target, int at) {
    if (keySize == 0) {
      return;
    }
    var to = at;
    target[to++] = (byte) KEY_TAG;
    var rest = keySize;
    while (rest > 0x7f) {
      target[to++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    target[to++] = (byte) rest;
    System.arraycopy(key, 0, target, to, keySize);
  }

  /** What a delete's event shows: the key and the revision of the delete (contract S1.6). */
  public static Bytes deleted(Bytes key, long modRevision) {
    return encode(key, 0, modRevision, 0, Bytes.EMPTY, 0);
  }

  /** The fields of a record; key and value are windows on it. */
  public static KeyValue decode(Bytes record) throws MalformedProto {
    var key = Bytes.EMPTY;
    var createRevision = 0L;
    var modRevision = 0L;
    var version = 0L;
    var value = Bytes.EMPTY;
    var lease = 0L;
    var reader = new ProtoReader(record);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      if (tag == KEY_TAG) {
        key = reader.bytes();
      } else if (tag == CREATE_REVISION_TAG) {
        createRevision = reader.varint();
      } else if (tag == MOD_REVISION_TAG) {
        modRevision = reader.varint();
      } else if (tag == VERSION_TAG) {
        version = reader.varint();
      } else if (tag == VALUE_TAG) {
        value = reader.bytes();
      } else if (tag == LEASE_TAG) {
        lease = reader.varint();
      } else {
        reader.skip(tag);
      }
    }
    return new KeyValue(key, createRevision, modRevision, version, value, lease);
  }

  /**
   * The fields of a record that the store made itself and whose checksum was verified: one that
   * does not decode is a bug.
   */
  public static KeyValue decodeStored(Bytes record) {
    try {
      return decode(record);
    } catch (MalformedProto malformed) {
      throw new InvariantViolation("a stored record is a key-value: " + malformed.getMessage());
    }
  }
}
