package dev.kvorum.verticles.store;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Records by revision in one array, the oldest going first when it is full.
 *
 * <p>An array of bytes and not a map of objects, because every put of the store passes through: as
 * objects they live just long enough to be moved to the old generation, where they stay as garbage
 * until a full collection. Here they are bytes that overwrite each other.
 *
 * <pre>
 * entry: main u64, sub u64, position of the next entry of the same hash i32 (or NONE), size i32, bytes
 *
 *   0        head     oldest            lapEnd
 *   | newest  |  free   | older entries   | unused |      wrapped
 *   | entries, oldest at 0      | head | free      |      not wrapped
 * </pre>
 *
 * <p>The array doubles up to its capacity, so that a store that is hardly used stays small. Not
 * safe for several threads.
 */
final class RecordRing {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());

  private static final int SUB = 8;
  private static final int NEXT = 16;
  private static final int SIZE = 20;
  private static final int HEADER_BYTES = 24;

  private static final int NONE = -1;
  private static final int FIRST_ARRAY_BYTES = 4096;
  private static final int BYTES_PER_CHAIN = 256;

  private final int capacityBytes;
  private byte[] ring;

  /** By hash of the revision: where the newest entry of the chain is, or NONE. */
  private final int[] chains;

  private int head;
  private int oldest;
  private int lapEnd;
  private boolean wrapped;

  /**
   * @param capacityBytes at most what the array grows to, headers of 24 bytes an entry included
   */
  RecordRing(int capacityBytes) {
    this.capacityBytes = capacityBytes;
    ring = new byte[Math.min(FIRST_ARRAY_BYTES, capacityBytes)];
    chains = new int[Integer.highestOneBit(Math.max(1, capacityBytes / BYTES_PER_CHAIN))];
    Arrays.fill(chains, NONE);
  }

  /** A copy of the record, or null; what is read is kept for another round. */
  @Nullable Bytes get(Revision revision) {
    var at = find(revision);
    if (at == NONE) {
      return null;
    }
    var from = at + HEADER_BYTES;
    var serialized = Bytes.wrap(Arrays.copyOfRange(ring, from, from + size(at)));
    if (written(at) > capacityBytes / 2) {
      // Its turn to go comes soon: it is written once more, and the old copy goes in its time.
      append(revision, serialized);
    }
    return serialized;
  }

  /** Keeps a copy, unless it is there or larger than half of the ring. */
  void put(Revision revision, Bytes serialized) {
    if (serialized.size() <= capacityBytes / 2 - HEADER_BYTES && find(revision) == NONE) {
      append(revision, serialized);
    }
  }

  private int find(Revision revision) {
    var at = chains[chain(revision.main(), revision.sub())];
    while (at != NONE && (main(at) != revision.main() || sub(at) != revision.sub())) {
      at = next(at);
    }
    return at;
  }

  private void append(Revision revision, Bytes serialized) {
    var bytes = HEADER_BYTES + serialized.size();
    makeRoom(bytes);
    var at = head;
    head += bytes;
    var chain = chain(revision.main(), revision.sub());
    LONG.set(ring, at, revision.main());
    LONG.set(ring, at + SUB, revision.sub());
    INT.set(ring, at + NEXT, chains[chain]);
    INT.set(ring, at + SIZE, serialized.size());
    serialized.copyTo(ring, at + HEADER_BYTES);
    chains[chain] = at;
  }

  /** Lets {@code ring[head, head + bytes)} be free. */
  private void makeRoom(int bytes) {
    while (true) {
      if (wrapped) {
        if (oldest - head >= bytes) {
          return;
        }
        forgetOldest();
      } else if (ring.length - head >= bytes) {
        return;
      } else if (ring.length < capacityBytes) {
        ring = Arrays.copyOf(ring, (int) Math.min(ring.length * 2L, capacityBytes));
      } else {
        wrapped = true;
        lapEnd = head;
        head = 0;
      }
    }
  }

  private void forgetOldest() {
    var chain = chain(main(oldest), sub(oldest));
    if (chains[chain] == oldest) {
      chains[chain] = next(oldest);
    } else {
      var before = chains[chain];
      while (next(before) != oldest) {
        before = next(before);
      }
      INT.set(ring, before + NEXT, next(oldest));
    }
    oldest += HEADER_BYTES + size(oldest);
    if (oldest == lapEnd) {
      oldest = 0;
      wrapped = false;
    }
  }

  /** How many bytes were written since the entry at this place. */
  private int written(int at) {
    return at < head ? head - at : lapEnd - at + head;
  }

  private int chain(long main, long sub) {
    var mixed = (main * 31 + sub) * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> 32) & (chains.length - 1);
  }

  private long main(int at) {
    return (long) LONG.get(ring, at);
  }

  private long sub(int at) {
    return (long) LONG.get(ring, at + SUB);
  }

  private int next(int at) {
    return (int) INT.get(ring, at + NEXT);
  }

  private int size(int at) {
    return (int) INT.get(ring, at + SIZE);
  }
}
