package dev.kvorum.storage.journal.snapshot;

import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.model.Bytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/**
 * Writes one snapshot file. Used by one thread, which may block and is never interrupted. The file
 * counts only after {@link #finish()}.
 *
 * <p>Records run through the chunks as one stream, so a record may be larger than a chunk:
 *
 * <pre>
 * size  field of a record
 *    1  bucket
 *    4  size of the key
 *    4  size of the value
 *       key, value
 * </pre>
 */
public final class SnapshotWriter {
  /** Synced in steps, so that the last sync is short and other files' syncs never wait for it. */
  private static final long SYNC_BYTES = 8 << 20;

  static final int FORMAT = 1;
  static final int RECORD_HEADER_BYTES = 9;
  static final int FOOTER_BYTES = 4 * Long.BYTES + 32;

  private final Disk disk;
  private final SnapshotHeader header;
  private final String path;
  private final String unfinished;
  private final MessageDigest digest = sha256();
  private final ByteBuffer chunk = Chunk.allocate(Chunk.PAYLOAD_BYTES);
  private final ByteBuffer recordHeader =
      ByteBuffer.allocate(RECORD_HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  /** How much of the chunk's payload is filled. */
  private int filled;

  private long chunks;
  private long previousHash;
  private long records;
  private long offset;
  private long syncedOffset;

  SnapshotWriter(Disk disk, SnapshotHeader header) throws DiskFaultException {
    this.disk = disk;
    this.header = header;
    this.path = Snapshots.path(header.position());
    this.unfinished = path + Snapshots.UNFINISHED;
    disk.perform(
        List.of(
            new DiskOperation.MakeDirectory(Snapshots.DIRECTORY),
            new DiskOperation.SyncDirectory(""),
            new DiskOperation.Delete(unfinished),
            new DiskOperation.Create(unfinished)));
    writeHeader();
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /** Format, term, index, revision, then membership and meta, each behind its size. */
  private void writeHeader() throws DiskFaultException {
    var membership = header.membership();
    var meta = header.meta();
    var size = Integer.BYTES + 3 * Long.BYTES + 2 * Integer.BYTES + membership.size() + meta.size();
    var whole = Chunk.allocate(size);
    whole.position(Chunk.FRAME_BYTES);
    whole.putInt(FORMAT);
    whole.putLong(header.position().term());
    whole.putLong(header.position().index());
    whole.putLong(header.revision());
    whole.putInt(membership.size()).put(membership.asByteBuffer());
    whole.putInt(meta.size()).put(meta.asByteBuffer());
    append(whole, Chunk.HEADER, size);
  }

  /** Adds a pair. The order is kept and means nothing here. */
  public void write(SnapshotRecord record) throws DiskFaultException {
    recordHeader.put(0, (byte) record.bucket());
    recordHeader.putInt(1, record.key().size());
    recordHeader.putInt(5, record.value().size());
    put(Bytes.wrap(recordHeader.array()));
    put(record.key());
    put(record.value());
    records++;
  }

  private void put(Bytes bytes) throws DiskFaultException {
    var done = 0;
    while (done < bytes.size()) {
      if (filled == Chunk.PAYLOAD_BYTES) {
        flush();
      }
      var part = Math.min(bytes.size() - done, Chunk.PAYLOAD_BYTES - filled);
      chunk.put(Chunk.FRAME_BYTES + filled, bytes.sharedArray(), bytes.offset() + done, part);
      filled += part;
      done += part;
    }
  }

  private void flush() throws DiskFaultException {
    if (filled > 0) {
      append(chunk, Chunk.RECORDS, filled);
      filled = 0;
    }
  }

  private void append(ByteBuffer sealed, int kind, int size) throws DiskFaultException {
    previousHash = Chunk.seal(sealed, kind, chunks++, size, previousHash);
    digest.update(sealed.slice(0, sealed.limit()));
    sealed.position(0);
    disk.perform(List.of(new DiskOperation.Write(unfinished, offset, sealed)));
    offset += sealed.limit();
    sealed.clear();
    if (offset - syncedOffset >= SYNC_BYTES) {
      disk.perform(List.of(new DiskOperation.Sync(unfinished)));
      syncedOffset = offset;
    }
  }

  /**
   * Makes the file durable under its name and reads it back whole. Only after that may a {@link
   * dev.kvorum.storage.journal.Mark.SnapshotTaken} be written, and only when that mark is durable
   * may older snapshots go.
   *
   * @throws SnapshotDamagedException if what is read back is not what was written; the file is gone
   *     then
   */
  public void finish() throws DiskFaultException, SnapshotDamagedException {
    flush();
    var footer = Chunk.allocate(FOOTER_BYTES);
    footer.position(Chunk.FRAME_BYTES);
    footer.putLong(header.position().term());
    footer.putLong(header.position().index());
    footer.putLong(header.revision());
    footer.putLong(records);
    footer.put(digest.digest());
    append(footer, Chunk.FOOTER, FOOTER_BYTES);
    disk.perform(
        List.of(
            new DiskOperation.Sync(unfinished),
            new DiskOperation.Rename(unfinished, path),
            new DiskOperation.SyncDirectory(Snapshots.DIRECTORY)));
    try {
      SnapshotReader.open(disk, path).drain();
    } catch (SnapshotDamagedException e) {
      disk.perform(
          List.of(
              new DiskOperation.Delete(path),
              new DiskOperation.SyncDirectory(Snapshots.DIRECTORY)));
      throw e;
    }
  }

  /** Removes the unfinished file. */
  public void abandon() throws DiskFaultException {
    disk.perform(List.of(new DiskOperation.Delete(unfinished)));
  }

  /** How large the file is so far. */
  public long bytes() {
    return offset + filled;
  }
}
