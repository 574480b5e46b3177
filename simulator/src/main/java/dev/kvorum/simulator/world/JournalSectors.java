package dev.kvorum.simulator.world;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/** As much of the journal's format as it takes to know what damage can be told, read on its own. */
final class JournalSectors {
  private static final int BYTES = 512;
  private static final int NUMBER_AT = 500;
  private static final int NUMBER_BITS = (1 << 30) - 1;
  private static final int BATCH_AT = 504;
  private static final int CHECKSUM_AT = 508;

  private JournalSectors() {}

  /** Whether the file is one of the journal's. */
  static boolean isSegment(String path) {
    return path.startsWith("journal/") && path.endsWith(".seg");
  }

  /** The number of the batch that wrote the sector, or -1 if it is not whole. */
  static long batch(byte[] segment, int sector) {
    var buffer = ByteBuffer.wrap(segment).order(ByteOrder.LITTLE_ENDIAN);
    var at = sector * BYTES;
    var crc = new CRC32C();
    crc.update(segment, at, CHECKSUM_AT);
    return (int) crc.getValue() == buffer.getInt(at + CHECKSUM_AT)
        ? Integer.toUnsignedLong(buffer.getInt(at + BATCH_AT))
        : -1;
  }

  /** The same, or -1 as well if the sector was written for another place. */
  static long batchInPlace(byte[] segment, int sector) {
    var buffer = ByteBuffer.wrap(segment).order(ByteOrder.LITTLE_ENDIAN);
    var number = buffer.getInt(sector * BYTES + NUMBER_AT) & NUMBER_BITS;
    return number == sector ? batch(segment, sector) : -1;
  }

  /** The highest number of a batch of which the segment holds a whole sector, or -1. */
  static long newestBatch(byte[] segment) {
    var newest = -1L;
    for (var sector = 0; sector < segment.length / BYTES; sector++) {
      newest = Math.max(newest, batch(segment, sector));
    }
    return newest;
  }

  /** The first sector of a batch with a higher number, or -1. */
  static int firstBehind(byte[] segment, long batch) {
    for (var sector = 0; sector < segment.length / BYTES; sector++) {
      if (batch(segment, sector) > batch) {
        return sector;
      }
    }
    return -1;
  }
}
