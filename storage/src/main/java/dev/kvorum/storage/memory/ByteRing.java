package dev.kvorum.storage.memory;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Blocks of bytes in one array, first in, first out; how long a block is, its owner knows.
 *
 * <p>For what is kept for a while and comes with every write. As objects it would be copied by one
 * young collection after the other, which is most of their pause, and then stay in the old
 * generation as garbage. Here it is bytes that overwrite each other.
 *
 * <pre>
 *   0               oldest          head        length
 *   | free          | blocks        | free      |         one lap
 *
 *   0               head     oldest      lapEnd
 *   | newer blocks  | free   | older     | unused |       the newer ones are a lap ahead
 * </pre>
 *
 * <p>The array doubles up to its capacity, so that what is hardly used stays small. Not safe for
 * several threads.
 */
public final class ByteRing {
  /** The place of no block. */
  public static final int NONE = -1;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());

  private static final int FIRST_ARRAY_BYTES = 4096;

  private final int capacityBytes;
  private byte[] array;
  private int head;
  private int oldest;
  private int lapEnd;
  private boolean wrapped;

  /**
   * @param capacityBytes what the array grows to at most
   */
  public ByteRing(int capacityBytes) {
    this.capacityBytes = capacityBytes;
    array = new byte[Math.min(FIRST_ARRAY_BYTES, capacityBytes)];
  }

  /** The largest block that it can hold. */
  public int capacityBytes() {
    return capacityBytes;
  }

  public boolean isEmpty() {
    return !wrapped && oldest == head;
  }

  /**
   * Whether so many bytes can be added; otherwise the oldest block has to go first. An empty ring
   * has room for its capacity.
   */
  public boolean hasRoom(int bytes) {
    if (bytes > capacityBytes) {
      return false;
    }
    if (!wrapped) {
      while (array.length - head < bytes && array.length < capacityBytes) {
        array = Arrays.copyOf(array, (int) Math.min(array.length * 2L, capacityBytes));
      }
      if (array.length - head >= bytes) {
        return true;
      }
      wrapped = true;
      lapEnd = head;
      head = 0;
    }
    return oldest - head >= bytes;
  }

  /** Adds a block, for which there is room; the caller fills it. */
  public int add(int bytes) {
    InvariantViolation.check(hasRoom(bytes), "room is made before a block is added");
    var at = head;
    head += bytes;
    return at;
  }

  /** Where the oldest block begins; there is one. */
  public int oldest() {
    InvariantViolation.check(!isEmpty(), "an empty ring has no oldest block");
    return oldest;
  }

  /** Forgets the oldest block, which has so many bytes. */
  public void removeOldest(int bytes) {
    InvariantViolation.check(!isEmpty(), "an empty ring has no oldest block");
    oldest += bytes;
    if (wrapped && oldest == lapEnd) {
      oldest = 0;
      wrapped = false;
    }
    if (isEmpty()) {
      clear();
    }
  }

  /** Forgets everything. */
  public void clear() {
    head = 0;
    oldest = 0;
    wrapped = false;
  }

  /**
   * Where the next newer block begins, or {@link #NONE}; the one at {@code at} has so many bytes.
   */
  public int after(int at, int bytes) {
    var next = at + bytes;
    if (wrapped && at >= oldest) {
      if (next < lapEnd) {
        return next;
      }
      return head > 0 ? 0 : NONE;
    }
    return next < head ? next : NONE;
  }

  /** How many bytes were added since the block at that place, itself included. */
  public int addedSince(int at) {
    return at < head ? head - at : lapEnd - at + head;
  }

  public long longAt(int at) {
    return (long) LONG.get(array, at);
  }

  public void putLong(int at, long value) {
    LONG.set(array, at, value);
  }

  public int intAt(int at) {
    return (int) INT.get(array, at);
  }

  public void putInt(int at, int value) {
    INT.set(array, at, value);
  }

  /** A copy of {@code [at, at + size)}. */
  public Bytes bytesAt(int at, int size) {
    return Bytes.wrap(Arrays.copyOfRange(array, at, at + size));
  }

  public void putBytes(int at, Bytes bytes) {
    bytes.copyTo(array, at);
  }
}
