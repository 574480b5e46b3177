package dev.kvorum.storage.journal.identity;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The file {@code identity}: three copies, each in 4 KiB of its own, written and synced one after
 * the other, so that one whole copy survives whatever happens to another.
 *
 * <pre>
 * offset  size  field of a copy
 *      0     8  "KVORUMID"
 *      8     4  format, 1
 *     12     4  size n of what follows this field and precedes the checksum
 *     16     8  cluster id
 *     24     8  member id
 *     32     8  incarnation
 *     40     4  bit 0: unsafe
 *     44     4  size of the name
 *     48        name, UTF-8
 *   16+n     4  CRC32C of the 16+n bytes before
 * </pre>
 *
 * Magic, format, size and the place of the checksum stay as they are in every later format, so that
 * this release recognises a newer one.
 */
final class IdentityFile {
  static final String PATH = "identity";
  static final int FORMAT = 1;
  static final int COPIES = 3;
  private static final int COPY_BYTES = 4096;
  private static final int NAME_AT = 48;
  private static final int LONGEST_NAME_BYTES = COPY_BYTES - NAME_AT - Integer.BYTES;
  private static final byte[] MAGIC = "KVORUMID".getBytes(StandardCharsets.US_ASCII);

  /** What the file says. */
  sealed interface Found {
    /** There is no file. */
    record Missing() implements Found {}

    /** The newest whole copy. */
    record Known(Identity identity) implements Found {}

    /** A newer release wrote it. */
    record Newer(int format) implements Found {}

    /** No copy is whole. */
    record Damaged() implements Found {}
  }

  private IdentityFile() {}

  static Found read(Disk disk) throws DiskFaultException {
    if (!disk.exists(PATH)) {
      return new Found.Missing();
    }
    Found best = new Found.Damaged();
    for (var i = 0; i < COPIES; i++) {
      var copy = readCopy(disk, i);
      switch (copy) {
        case Found.Newer _ -> {
          return copy;
        }
        case Found.Known(var identity) -> {
          var newer =
              !(best instanceof Found.Known(var other))
                  || identity.incarnation() > other.incarnation();
          if (newer) {
            best = copy;
          }
        }
        case Found.Missing _, Found.Damaged _ -> {}
      }
    }
    return best;
  }

  /** How many copies are whole. */
  static int wholeCopies(Disk disk) {
    var whole = 0;
    for (var i = 0; i < COPIES; i++) {
      whole += readCopy(disk, i) instanceof Found.Known ? 1 : 0;
    }
    return whole;
  }

  private static Found readCopy(Disk disk, int number) {
    var copy = ByteBuffer.allocate(COPY_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    try {
      disk.read(PATH, (long) number * COPY_BYTES, copy);
    } catch (DiskFaultException _) {
      // An unreadable copy is a damaged one; there are others.
      return new Found.Damaged();
    }
    var end = 16 + copy.getInt(12);
    var whole =
        ByteBuffer.wrap(MAGIC).equals(copy.slice(0, MAGIC.length))
            && end >= 16
            && end <= COPY_BYTES - Integer.BYTES
            && copy.getInt(end) == checksum(copy, end);
    if (!whole) {
      return new Found.Damaged();
    }
    var format = copy.getInt(8);
    if (format != FORMAT) {
      return new Found.Newer(format);
    }
    var name = new byte[Math.clamp(copy.getInt(44), 0, LONGEST_NAME_BYTES)];
    copy.get(NAME_AT, name);
    return new Found.Known(
        new Identity(
            copy.getLong(16),
            copy.getLong(24),
            new String(name, StandardCharsets.UTF_8),
            copy.getLong(32),
            (copy.getInt(40) & 1) != 0));
  }

  /** Makes the identity durable in every copy. */
  static void write(Disk disk, Identity identity) throws DiskFaultException {
    var copy = encode(identity);
    var operations = new ArrayList<DiskOperation>();
    if (disk.exists(PATH)) {
      for (var i = 0; i < COPIES; i++) {
        operations.add(new DiskOperation.Write(PATH, (long) i * COPY_BYTES, copy));
        operations.add(new DiskOperation.Sync(PATH));
      }
    } else {
      var unfinished = PATH + ".tmp";
      operations.add(new DiskOperation.Delete(unfinished));
      operations.add(new DiskOperation.Create(unfinished));
      for (var i = 0; i < COPIES; i++) {
        operations.add(new DiskOperation.Write(unfinished, (long) i * COPY_BYTES, copy));
      }
      operations.add(new DiskOperation.Sync(unfinished));
      operations.add(new DiskOperation.Rename(unfinished, PATH));
      operations.add(new DiskOperation.SyncDirectory(""));
    }
    disk.perform(operations);
  }

  private static ByteBuffer encode(Identity identity) {
    var name = identity.name().getBytes(StandardCharsets.UTF_8);
    if (name.length > LONGEST_NAME_BYTES) {
      throw new IllegalArgumentException("a member's name has at most 4044 bytes");
    }
    var copy = ByteBuffer.allocate(COPY_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    copy.put(0, MAGIC);
    copy.putInt(8, FORMAT);
    copy.putInt(12, NAME_AT - 16 + name.length);
    copy.putLong(16, identity.clusterId());
    copy.putLong(24, identity.memberId());
    copy.putLong(32, identity.incarnation());
    copy.putInt(40, identity.unsafe() ? 1 : 0);
    copy.putInt(44, name.length);
    copy.put(NAME_AT, name);
    var end = NAME_AT + name.length;
    copy.putInt(end, checksum(copy, end));
    return copy;
  }

  private static int checksum(ByteBuffer copy, int end) {
    var crc = new CRC32C();
    crc.update(copy.slice(0, end));
    return (int) crc.getValue();
  }

  /** The identity, or null when there is none yet. */
  static @Nullable Identity orNull(Found found) {
    return found instanceof Found.Known(var identity) ? identity : null;
  }
}
