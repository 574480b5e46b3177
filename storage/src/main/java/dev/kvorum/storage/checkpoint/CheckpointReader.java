package dev.kvorum.storage.checkpoint;

import dev.kvorum.storage.index.DamagedExportException;
import dev.kvorum.storage.index.IndexImport;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.index.IndexSummary;
import dev.kvorum.storage.journal.Owner;
import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.mvcc.CorruptRecordException;
import dev.kvorum.storage.mvcc.KeptIndex;
import dev.kvorum.storage.mvcc.StoreMeta;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** Reads a checkpoint from its beginning to its end, once; see {@link CheckpointWriter}. */
final class CheckpointReader {
  private static final int SMALLEST_HEADER_BYTES = 2 * Integer.BYTES + 2 * Long.BYTES;

  /** Behind the store's meta. */
  private static final int FOOTER_BYTES = 8 * Integer.BYTES + 3 * Long.BYTES;

  private static final int LARGEST_META_BYTES = 1 << 10;

  private final Disk disk;
  private final Frame frame;
  private final CRC32C checksums = new CRC32C();
  private final List<Bytes> attachments = new ArrayList<>();
  private long offset;
  private int frames;

  /** The size of the payload of the frame that was read last. */
  private int size;

  private CheckpointReader(Disk disk, Arena arena) {
    this.disk = disk;
    frame = new Frame(arena);
  }

  static Checkpoint read(Disk disk, Owner owner, IndexMemory memory)
      throws DamagedCheckpointException {
    try (var arena = Arena.ofConfined()) {
      return new CheckpointReader(disk, arena).read(owner, memory);
    } catch (DiskFaultException | DamagedExportException | CorruptRecordException unusable) {
      throw new DamagedCheckpointException(String.valueOf(unusable.getMessage()));
    }
  }

  private Checkpoint read(Owner owner, IndexMemory memory)
      throws DamagedCheckpointException, DamagedExportException, DiskFaultException {
    next();
    var meta = header(owner);
    var index = new IndexImport(memory);
    next();
    while (frame.kind() == Frame.PAGES) {
      noteChecksum();
      index.add(frame.memory(), Frame.PAYLOAD_AT, Frame.PAYLOAD_AT + size);
      next();
    }
    while (frame.kind() == Frame.ATTACHMENTS) {
      noteChecksum();
      keepAttachments();
      next();
    }
    if (frame.kind() != Frame.FOOTER || size < Integer.BYTES) {
      throw new DamagedCheckpointException("its parts are not in order");
    }
    var footer = payload();
    var complete = meta(footer, FOOTER_BYTES);
    var summary = summary(footer);
    if (footer.getInt() != (int) checksums.getValue()) {
      throw new DamagedCheckpointException("its frames do not belong together");
    }
    if (offset != disk.size(Checkpoints.PATH)) {
      throw new DamagedCheckpointException("it goes on behind its end");
    }
    return new Checkpoint(new KeptIndex(meta, complete, index.finish(summary)), attachments);
  }

  /** Reads the next frame. */
  private void next() throws DamagedCheckpointException, DiskFaultException {
    var buffer = frame.buffer().clear();
    var available = disk.read(Checkpoints.PATH, offset, buffer);
    size = frame.verify(frames++, available);
    offset += Frame.PAYLOAD_AT + size + Frame.CHECKSUM_BYTES;
  }

  private ByteBuffer payload() {
    return frame.buffer().clear().position(Frame.PAYLOAD_AT).limit(Frame.PAYLOAD_AT + size);
  }

  private void noteChecksum() {
    var checksum = frame.storedChecksum(size);
    for (var shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      checksums.update(checksum >>> shift);
    }
  }

  private StoreMeta header(Owner owner) throws DamagedCheckpointException {
    noteChecksum();
    var header = payload();
    if (frame.kind() != Frame.HEADER || size < SMALLEST_HEADER_BYTES) {
      throw new DamagedCheckpointException("it has no header");
    }
    var format = header.getInt();
    if (format != CheckpointWriter.FORMAT) {
      throw new DamagedCheckpointException("it has the unknown format " + format);
    }
    var found = new Owner(header.getLong(), header.getLong());
    if (!found.equals(owner)) {
      throw new DamagedCheckpointException("it is another member's");
    }
    return meta(header, 0);
  }

  /** The store's meta, behind which so many bytes stand. */
  private static StoreMeta meta(ByteBuffer from, int bytesBehind)
      throws DamagedCheckpointException {
    var metaSize = from.getInt();
    if (metaSize < 0
        || metaSize > LARGEST_META_BYTES
        || metaSize != from.remaining() - bytesBehind) {
      throw new DamagedCheckpointException("what it says of the store is cut off");
    }
    var meta = new byte[metaSize];
    from.get(meta);
    return StoreMeta.decode(Bytes.wrap(meta));
  }

  private void keepAttachments() {
    var kept = new byte[size];
    payload().get(kept);
    attachments.add(Bytes.wrap(kept));
  }

  private static IndexSummary summary(ByteBuffer footer) {
    return new IndexSummary(
        footer.getInt(),
        footer.getInt(),
        footer.getLong(),
        footer.getLong(),
        footer.getInt(),
        footer.getLong(),
        List.of(footer.getInt(), footer.getInt(), footer.getInt(), footer.getInt()));
  }
}
