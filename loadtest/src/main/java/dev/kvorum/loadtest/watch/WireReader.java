package dev.kvorum.loadtest.watch;

import java.nio.ByteBuffer;

/** Walks over the fields of a protobuf message where it lies. */
final class WireReader {
  private static final int LENGTH = 2;

  private final byte[] bytes;
  private final int to;
  private int at;
  private int field;
  private long number;
  private int from;
  private int size;

  WireReader(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    this.at = from;
    this.to = to;
  }

  /** Goes to the next field; false when there is none. */
  boolean next() {
    if (at >= to) {
      return false;
    }
    int tag = (int) varint();
    field = tag >>> 3;
    number = varint();
    if ((tag & 7) == LENGTH) {
      from = at;
      size = (int) number;
      at += size;
    }
    return true;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = bytes[at++];
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }

  int field() {
    return field;
  }

  /** The value of a field that is a number. */
  long number() {
    return number;
  }

  /** The size of a field that is a message or a string. */
  int size() {
    return size;
  }

  /** The message in the field. */
  WireReader inner() {
    return new WireReader(bytes, from, from + size);
  }

  /** The first eight bytes of the field. */
  long firstLong() {
    return ByteBuffer.wrap(bytes, from, Long.BYTES).getLong();
  }

  /** The number that the field shows in decimal digits from there on. */
  int decimal(int skip) {
    int value = 0;
    for (int digit = from + skip; digit < from + size; digit++) {
      value = 10 * value + bytes[digit] - '0';
    }
    return value;
  }
}
