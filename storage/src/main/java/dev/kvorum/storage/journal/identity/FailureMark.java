package dev.kvorum.storage.journal.identity;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The file {@code disk-failure}: what a process that stopped because its disk failed tells the next
 * one (P9). After a failed write or sync the page cache may show what the medium never got, so the
 * next start must not believe the cache; and two failures within ten minutes mean that starting
 * again does not help.
 *
 * <p>Leaving the mark is an attempt: on a disk that fails, this write may fail too. So nothing
 * relies on it alone. Where the medium can be read past the cache, each start compares the one
 * batch that nothing proves, mark or no mark.
 *
 * @param newest when a disk failed last, by the clock on the wall
 * @param before when one had failed before that; null if never
 * @param durableBatch the newest batch of the journal whose sync had succeeded, 0 if nobody knew
 * @param settled a start has examined the journal since; only the times still count
 */
public record FailureMark(
    Instant newest, @Nullable Instant before, long durableBatch, boolean settled) {
  static final String NAME = "disk-failure";

  private static final byte[] MAGIC = "KVDF".getBytes(StandardCharsets.US_ASCII);
  private static final short FORMAT = 1;
  private static final int BYTES = 512;
  private static final int CHECKSUM_AT = BYTES - Integer.BYTES;

  /** Two failures within this time, and the next start waits as long. */
  public static final Duration REST = Duration.ofMinutes(10);

  /** The newest mark in any of the directories; one that cannot be read counts as a failure. */
  public static Optional<FailureMark> read(Set<Path> directories) {
    FailureMark newest = null;
    for (var directory : directories) {
      var path = directory.resolve(NAME);
      if (Files.exists(path)) {
        var mark = read(path);
        if (newest == null || mark.newest.isAfter(newest.newest)) {
          newest = mark;
        }
      }
    }
    return Optional.ofNullable(newest);
  }

  private static FailureMark read(Path path) {
    try {
      var bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
      if (bytes.capacity() == BYTES
          && bytes.slice(0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC))
          && bytes.getShort(4) == FORMAT
          && bytes.getInt(CHECKSUM_AT) == checksum(bytes)) {
        var before = bytes.getLong(16);
        return new FailureMark(
            Instant.ofEpochMilli(bytes.getLong(8)),
            before == 0 ? null : Instant.ofEpochMilli(before),
            bytes.getLong(24),
            bytes.getShort(6) != 0);
      }
    } catch (IOException _) {
      // As good as one that was cut short: something failed, and that is all there is to know.
    }
    return new FailureMark(Instant.EPOCH, null, 0, false);
  }

  /**
   * Leaves a mark of a failure in every directory that takes one.
   *
   * @param durableBatch the newest batch whose sync succeeded, 0 if unknown
   * @return whether at least one of them has it
   */
  public static boolean leave(Set<Path> directories, Instant now, long durableBatch) {
    var last = read(directories).orElse(null);
    // What an unsettled mark knows stays true: nothing has become durable since.
    var durable =
        durableBatch == 0 && last != null && !last.settled ? last.durableBatch : durableBatch;
    return new FailureMark(now, last == null ? null : last.newest, durable, false)
        .write(directories);
  }

  /**
   * The journal has been examined, and what is believed now is on the medium. The times stay, until
   * they are of no use any more.
   */
  public void settle(Set<Path> directories, Instant now) {
    if (!settled) {
      var _ = new FailureMark(newest, before, durableBatch, true).write(directories);
    } else if (!isWithinRest(newest, now)) {
      for (var directory : directories) {
        try {
          Files.deleteIfExists(directory.resolve(NAME));
        } catch (IOException _) {
          // An old mark that is settled does no harm.
        }
      }
    }
  }

  /**
   * How long the member has to stay down, or null: two failures were less than ten minutes apart,
   * and the second one is not ten minutes ago. A clock that was set back does not prolong that: a
   * failure in the future counts as one that is long past.
   */
  public @Nullable Duration rest(Instant now) {
    var again = before != null && Duration.between(before, newest).abs().compareTo(REST) < 0;
    return again && isWithinRest(newest, now) ? REST.minus(Duration.between(newest, now)) : null;
  }

  private static boolean isWithinRest(Instant failure, Instant now) {
    return !failure.isAfter(now) && Duration.between(failure, now).compareTo(REST) < 0;
  }

  private boolean write(Set<Path> directories) {
    var written = 0;
    for (var directory : directories) {
      try {
        write(directory);
        written++;
      } catch (IOException _) {
        // Any of them may be on the disk that failed.
      }
    }
    return written > 0;
  }

  private void write(Path directory) throws IOException {
    var path = directory.resolve(NAME);
    var existed = Files.exists(path);
    var bytes = encode();
    try (var channel =
        FileChannel.open(
            path,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
            DataDirectory.attributes(path, "rw-------"))) {
      while (bytes.hasRemaining()) {
        channel.write(bytes, bytes.position());
      }
      channel.force(true);
    }
    if (!existed) {
      FoundingMark.force(directory);
    }
  }

  private ByteBuffer encode() {
    var bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(0, MAGIC);
    bytes.putShort(4, FORMAT);
    bytes.putShort(6, (short) (settled ? 1 : 0));
    bytes.putLong(8, newest.toEpochMilli());
    bytes.putLong(16, before == null ? 0 : before.toEpochMilli());
    bytes.putLong(24, durableBatch);
    bytes.putInt(CHECKSUM_AT, checksum(bytes));
    return bytes;
  }

  private static int checksum(ByteBuffer bytes) {
    var crc = new CRC32C();
    crc.update(bytes.slice(0, CHECKSUM_AT));
    return (int) crc.getValue();
  }
}
