package dev.kvorum.storage.journal.snapshot;

import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.model.Bytes;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * Reads one snapshot file from its beginning to its end, checking each chunk before its records are
 * handed out and the whole file before the end is. Used by one thread, which may block.
 */
public final class SnapshotReader {
  /** No key or value is nearly as large; a size above it is damage that no checksum saw. */
  private static final int LARGEST_FIELD_BYTES = 1 << 30;

  private final Disk disk;
  private final String path;
  private final MessageDigest digest = SnapshotWriter.sha256();
  private final ByteBuffer frame = Chunk.allocate(0);
  private ByteBuffer chunk = Chunk.allocate(Chunk.PAYLOAD_BYTES);
  private long offset;
  private long chunks;
  private long previousHash;
  private long records;
  private boolean ended;
  private SnapshotHeader header = new SnapshotHeader(EntryId.ORIGIN, 0, Bytes.EMPTY, Bytes.EMPTY);

  private SnapshotReader(Disk disk, String path) {
    this.disk = disk;
    this.path = path;
  }

  static SnapshotReader open(Disk disk, String path)
      throws DiskFaultException, SnapshotDamagedException {
    var reader = new SnapshotReader(disk, path);
    reader.readHeader();
    return reader;
  }

  private void readHeader() throws DiskFaultException, SnapshotDamagedException {
    if (nextChunk() != Chunk.HEADER) {
      throw damaged("it does not begin with a header");
    }
    try {
      var format = chunk.getInt();
      if (format != SnapshotWriter.FORMAT) {
        throw damaged("format " + format + " of a newer release");
      }
      var term = chunk.getLong();
      var position = new EntryId(term, chunk.getLong());
      var revision = chunk.getLong();
      var membership = field(chunk.getInt());
      var meta = field(chunk.getInt());
      header = new SnapshotHeader(position, revision, membership, meta);
    } catch (BufferUnderflowException | IllegalArgumentException _) {
      throw damaged("its header is not one");
    }
  }

  private Bytes field(int size) throws SnapshotDamagedException {
    if (size < 0 || size > chunk.remaining()) {
      throw damaged("its header is not one");
    }
    var bytes = new byte[size];
    chunk.get(bytes);
    return Bytes.wrap(bytes);
  }

  /** What the snapshot is a snapshot of. */
  public SnapshotHeader header() {
    return header;
  }

  /** The next pair, or null when the file ended as it should. */
  public @Nullable SnapshotRecord next() throws DiskFaultException, SnapshotDamagedException {
    if (ended) {
      return null;
    }
    if (!chunk.hasRemaining() && nextChunk() == Chunk.FOOTER) {
      readFooter();
      return null;
    }
    var fixed = ByteBuffer.wrap(take(SnapshotWriter.RECORD_HEADER_BYTES)).order(chunk.order());
    var bucket = Byte.toUnsignedInt(fixed.get(0));
    var key = take(fixed.getInt(1));
    var value = take(fixed.getInt(5));
    records++;
    return new SnapshotRecord(bucket, Bytes.wrap(key), Bytes.wrap(value));
  }

  /** Reads to the end; returns normally only if the whole file is as it was written. */
  public void drain() throws DiskFaultException, SnapshotDamagedException {
    while (next() != null) {
      // Looking at every record is what this is for.
    }
  }

  private byte[] take(int size) throws DiskFaultException, SnapshotDamagedException {
    if (size < 0 || size > LARGEST_FIELD_BYTES) {
      throw damaged("a record has an impossible size");
    }
    var bytes = new byte[size];
    var done = 0;
    while (done < size) {
      if (!chunk.hasRemaining() && nextChunk() != Chunk.RECORDS) {
        throw damaged("it ends inside a record");
      }
      var part = Math.min(size - done, chunk.remaining());
      chunk.get(bytes, done, part);
      done += part;
    }
    return bytes;
  }

  private void readFooter() throws DiskFaultException, SnapshotDamagedException {
    if (chunk.remaining() != SnapshotWriter.FOOTER_BYTES) {
      throw damaged("its footer has another size");
    }
    var term = chunk.getLong();
    var index = chunk.getLong();
    var revision = chunk.getLong();
    var count = chunk.getLong();
    var expected = new byte[32];
    chunk.get(expected);
    var fits =
        term == header.position().term()
            && index == header.position().index()
            && revision == header.revision()
            && count == records;
    if (!fits) {
      throw damaged("its footer does not fit what came before");
    }
    if (!MessageDigest.isEqual(expected, digest.digest())) {
      throw damaged("its SHA-256 differs");
    }
    if (disk.size(path) != offset) {
      throw damaged("something follows its footer");
    }
    ended = true;
  }

  /**
   * Reads the next chunk, so that {@link #chunk} is positioned on its payload, and returns its
   * kind.
   */
  private int nextChunk() throws DiskFaultException, SnapshotDamagedException {
    frame.clear().limit(Chunk.FRAME_BYTES);
    if (disk.read(path, offset, frame) < Chunk.FRAME_BYTES) {
      throw damaged("it ends before its footer");
    }
    var size = Chunk.announced(frame, chunks, previousHash);
    if (size < 0) {
      throw damaged("chunk " + chunks + " is damaged");
    }
    var total = Chunk.FRAME_BYTES + size + Chunk.CHECKSUM_BYTES;
    if (offset + total > disk.size(path)) {
      throw damaged("it ends inside chunk " + chunks);
    }
    if (chunk.capacity() < total) {
      chunk = Chunk.allocate(size);
    }
    chunk.clear().limit(total);
    disk.read(path, offset, chunk);
    var hash = Chunk.verify(chunk, size);
    if (hash == null || Chunk.announced(chunk, chunks, previousHash) != size) {
      throw damaged("chunk " + chunks + " is damaged");
    }
    var kind = Chunk.kind(chunk);
    if (kind != Chunk.FOOTER) {
      digest.update(chunk.slice(0, total));
    }
    previousHash = hash;
    chunks++;
    offset += total;
    chunk.position(Chunk.FRAME_BYTES).limit(Chunk.FRAME_BYTES + size);
    return kind;
  }

  private SnapshotDamagedException damaged(String what) {
    return new SnapshotDamagedException("snapshot " + path + ": " + what);
  }
}
