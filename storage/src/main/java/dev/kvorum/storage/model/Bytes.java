package dev.kvorum.storage.model;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * An immutable sequence of bytes, compared as unsigned values.
 *
 * <p>A {@code Bytes} may be a window into a larger array, so that a key or a value of a request
 * stays where the network put it. Whoever wraps an array promises never to change it afterwards; a
 * small value that outlives its request is detached with {@link #compact()}, or it would keep the
 * whole request alive.
 */
public final class Bytes implements Comparable<Bytes> {
  private static final byte[] NO_BYTES = {};

  /** The empty sequence. */
  public static final Bytes EMPTY = new Bytes(NO_BYTES, 0, 0);

  private final byte[] array;
  private final int offset;
  private final int size;

  private Bytes(byte[] array, int offset, int size) {
    this.array = array;
    this.offset = offset;
    this.size = size;
  }

  /** Wraps the whole array without copying it; the caller gives the array up. */
  public static Bytes wrap(byte[] array) {
    return array.length == 0 ? EMPTY : new Bytes(array, 0, array.length);
  }

  /** Wraps {@code [offset, offset + size)} of the array without copying it. */
  public static Bytes wrap(byte[] array, int offset, int size) {
    if (offset < 0 || size < 0 || offset > array.length - size) {
      throw new IndexOutOfBoundsException(offset + "+" + size + " of " + array.length);
    }
    return size == 0 ? EMPTY : new Bytes(array, offset, size);
  }

  /** Copies the array. */
  public static Bytes copyOf(byte[] array) {
    return wrap(array.clone());
  }

  /** The bytes of the text in UTF-8. */
  public static Bytes utf8(String text) {
    return wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The bytes that the hexadecimal digits name, as in {@code "00ff"}. */
  public static Bytes hex(String digits) {
    return wrap(HexFormat.of().parseHex(digits));
  }

  /** The length in bytes. */
  public int size() {
    return size;
  }

  public boolean isEmpty() {
    return size == 0;
  }

  /** The byte at {@code index}, which is in {@code [0, size)}. */
  public byte at(int index) {
    if (index < 0 || index >= size) {
      throw new IndexOutOfBoundsException(index + " of " + size);
    }
    return array[offset + index];
  }

  /** The window {@code [from, to)} on the same memory. */
  public Bytes slice(int from, int to) {
    if (from < 0 || to < from || to > size) {
      throw new IndexOutOfBoundsException("[" + from + ", " + to + ") of " + size);
    }
    return wrap(array, offset + from, to - from);
  }

  /** These bytes on memory of their own, so that a larger array around them can be collected. */
  public Bytes compact() {
    return size == array.length ? this : wrap(toArray());
  }

  /** A fresh copy. */
  public byte[] toArray() {
    return Arrays.copyOfRange(array, offset, offset + size);
  }

  /** The array behind this window. Read {@code [offset(), offset() + size())} and never write. */
  public byte[] sharedArray() {
    return array;
  }

  /** Where this window begins in {@link #sharedArray()}. */
  public int offset() {
    return offset;
  }

  /** Copies all bytes to {@code target[at, at + size)}. */
  public void copyTo(byte[] target, int at) {
    System.arraycopy(array, offset, target, at, size);
  }

  /** A read-only buffer over the same memory. */
  public ByteBuffer asByteBuffer() {
    return ByteBuffer.wrap(array, offset, size).asReadOnlyBuffer();
  }

  public boolean startsWith(Bytes prefix) {
    return size >= prefix.size
        && Arrays.equals(
            array,
            offset,
            offset + prefix.size,
            prefix.array,
            prefix.offset,
            prefix.offset + prefix.size);
  }

  /** The text that these bytes are in UTF-8; malformed parts become the replacement character. */
  public String toUtf8() {
    return new String(array, offset, size, StandardCharsets.UTF_8);
  }

  /** Lower-case hexadecimal digits, two a byte. */
  public String toHex() {
    return HexFormat.of().formatHex(array, offset, offset + size);
  }

  @Override
  public int compareTo(Bytes other) {
    return Arrays.compareUnsigned(
        array, offset, offset + size, other.array, other.offset, other.offset + other.size);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bytes that
        && Arrays.equals(
            array, offset, offset + size, that.array, that.offset, that.offset + that.size);
  }

  @Override
  public int hashCode() {
    var hash = 1;
    for (var i = offset; i < offset + size; i++) {
      hash = 31 * hash + array[i];
    }
    return hash;
  }

  /** For people: printable ASCII as it is, everything else as {@code \xhh}. */
  @Override
  public String toString() {
    var text = new StringBuilder(size);
    for (var i = offset; i < offset + size; i++) {
      var b = array[i];
      if (b >= ' ' && b < 0x7f && b != '\\') {
        text.append((char) b);
      } else {
        text.append("\\x").append(HexFormat.of().toHexDigits(b));
      }
    }
    return text.toString();
  }
}
