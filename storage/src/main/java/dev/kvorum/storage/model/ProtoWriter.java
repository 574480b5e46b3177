package dev.kvorum.storage.model;

import java.util.Arrays;

/**
 * Writes one protobuf message into one array. Whoever knows the exact size gives it to the
 * constructor and nothing is copied afterwards; a wrong guess only costs a copy.
 *
 * <p>The {@code …Field} methods leave out zero values, as proto3 does; {@link #bytesMember} does
 * not, which is what repeated fields and members of a oneof need.
 */
public final class ProtoWriter {
  private byte[] array;
  private int position;

  public ProtoWriter(int sizeBytes) {
    array = new byte[sizeBytes];
  }

  /** What {@link #varint} will take. */
  public static int varintSize(long value) {
    // One byte for every seven significant bits, at least one: ceil(bits / 7) for bits in 1..64.
    return (70 - Long.numberOfLeadingZeros(value | 1)) / 7;
  }

  /** What {@link #varintField} will take. */
  public static int varintFieldSize(int fieldNumber, long value) {
    return value == 0 ? 0 : tagSize(fieldNumber) + varintSize(value);
  }

  /** What {@link #bytesField} will take for this many bytes. */
  public static int bytesFieldSize(int fieldNumber, int size) {
    return size == 0 ? 0 : bytesMemberSize(fieldNumber, size);
  }

  /** What a length-delimited field of this many bytes takes, also when they are none. */
  public static int bytesMemberSize(int fieldNumber, int size) {
    return tagSize(fieldNumber) + varintSize(size) + size;
  }

  private static int tagSize(int fieldNumber) {
    return varintSize((long) fieldNumber << 3);
  }

  public ProtoWriter varint(long value) {
    ensure(varintSize(value));
    var rest = value;
    while ((rest & ~0x7fL) != 0) {
      array[position++] = (byte) ((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    array[position++] = (byte) rest;
    return this;
  }

  public ProtoWriter varintField(int fieldNumber, long value) {
    return value == 0 ? this : varintMember(fieldNumber, value);
  }

  /** A varint field that is written even when it is zero. */
  public ProtoWriter varintMember(int fieldNumber, long value) {
    return varint(ProtoReader.tag(fieldNumber, ProtoReader.VARINT)).varint(value);
  }

  public ProtoWriter boolField(int fieldNumber, boolean value) {
    return varintField(fieldNumber, value ? 1 : 0);
  }

  public ProtoWriter bytesField(int fieldNumber, Bytes value) {
    return value.isEmpty() ? this : bytesMember(fieldNumber, value);
  }

  /** A length-delimited field that is written even when it is empty. */
  public ProtoWriter bytesMember(int fieldNumber, Bytes value) {
    return header(fieldNumber, value.size()).raw(value);
  }

  /** Tag and length of a length-delimited field; its {@code size} bytes are written next. */
  public ProtoWriter header(int fieldNumber, int size) {
    return varint(ProtoReader.tag(fieldNumber, ProtoReader.LENGTH)).varint(size);
  }

  /** Bytes as they are. */
  public ProtoWriter raw(Bytes bytes) {
    ensure(bytes.size());
    bytes.copyTo(array, position);
    position += bytes.size();
    return this;
  }

  /** How much was written so far. */
  public int size() {
    return position;
  }

  /** What was written. The writer must not be used again: the memory is handed over. */
  public Bytes toBytes() {
    return Bytes.wrap(array, 0, position);
  }

  private void ensure(int size) {
    if (size > array.length - position) {
      array = Arrays.copyOf(array, Math.max(array.length * 2, position + size));
    }
  }
}
