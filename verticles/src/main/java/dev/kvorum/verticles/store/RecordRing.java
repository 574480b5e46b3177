package dev.kvorum.verticles.store;

import dev.kvorum.storage.memory.ByteRing;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Revision;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Records by revision, as bytes in a ring, the oldest going first when it is full. Not safe for
 * several threads.
 *
 * <pre>
 * entry: main u64, sub u64, position of the next entry of the same hash i32 (or NONE), size i32, bytes
 * </pre>
 */
final class RecordRing {
  private static final int SUB = 8;
  private static final int NEXT = 16;
  private static final int SIZE = 20;
  private static final int HEADER_BYTES = 24;

  private static final int BYTES_PER_CHAIN = 256;

  private final int capacityBytes;
  private final ByteRing ring;

  /** By hash of the revision: where the newest entry of the chain is, or NONE. */
  private final int[] chains;

  /**
   * @param capacityBytes at most what it grows to, headers of 24 bytes an entry included
   */
  RecordRing(int capacityBytes) {
    this.capacityBytes = capacityBytes;
    ring = new ByteRing(capacityBytes);
    chains = new int[Integer.highestOneBit(Math.max(1, capacityBytes / BYTES_PER_CHAIN))];
    Arrays.fill(chains, ByteRing.NONE);
  }

  /** A copy of the record, or null; what is read is kept for another round. */
  @Nullable Bytes get(Revision revision) {
    var at = find(revision);
    if (at == ByteRing.NONE) {
      return null;
    }
    var serialized = ring.bytesAt(at + HEADER_BYTES, size(at));
    if (ring.addedSince(at) > capacityBytes / 2) {
      // Its turn to go comes soon: it is written once more, and the old copy goes in its time.
      append(revision, serialized);
    }
    return serialized;
  }

  /** Keeps a copy, unless it is there or larger than half of the ring. */
  void put(Revision revision, Bytes serialized) {
    if (serialized.size() <= capacityBytes / 2 - HEADER_BYTES && find(revision) == ByteRing.NONE) {
      append(revision, serialized);
    }
  }

  private int find(Revision revision) {
    var at = chains[chain(revision.main(), revision.sub())];
    while (at != ByteRing.NONE && (main(at) != revision.main() || sub(at) != revision.sub())) {
      at = next(at);
    }
    return at;
  }

  private void append(Revision revision, Bytes serialized) {
    var bytes = HEADER_BYTES + serialized.size();
    while (!ring.hasRoom(bytes)) {
      forgetOldest();
    }
    var at = ring.add(bytes);
    var chain = chain(revision.main(), revision.sub());
    ring.putLong(at, revision.main());
    ring.putLong(at + SUB, revision.sub());
    ring.putInt(at + NEXT, chains[chain]);
    ring.putInt(at + SIZE, serialized.size());
    ring.putBytes(at + HEADER_BYTES, serialized);
    chains[chain] = at;
  }

  private void forgetOldest() {
    var oldest = ring.oldest();
    var chain = chain(main(oldest), sub(oldest));
    if (chains[chain] == oldest) {
      chains[chain] = next(oldest);
    } else {
      var before = chains[chain];
      while (next(before) != oldest) {
        before = next(before);
      }
      ring.putInt(before + NEXT, next(oldest));
    }
    ring.removeOldest(HEADER_BYTES + size(oldest));
  }

  private int chain(long main, long sub) {
    var mixed = (main * 31 + sub) * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> 32) & (chains.length - 1);
  }

  private long main(int at) {
    return ring.longAt(at);
  }

  private long sub(int at) {
    return ring.longAt(at + SUB);
  }

  private int next(int at) {
    return ring.intAt(at + NEXT);
  }

  private int size(int at) {
    return ring.intAt(at + SIZE);
  }
}
