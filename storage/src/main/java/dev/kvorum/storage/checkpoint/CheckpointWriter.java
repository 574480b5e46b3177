package dev.kvorum.storage.checkpoint;

import dev.kvorum.storage.index.IndexExport;
import dev.kvorum.storage.index.IndexSummary;
import dev.kvorum.storage.journal.Owner;
import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.mvcc.StoreMeta;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Writes one checkpoint: {@link #header}, {@link #pages}, {@link #attachments}, {@link #finish}.
 * Used by one thread, which may block and is never interrupted. It counts from {@link #adopt} on.
 *
 * <p>Format, numbers little-endian; the parts stand in {@link Frame}s, as many as they need:
 *
 * <pre>
 * header       format u32, cluster id u64, member id u64, size of the store's meta u32, meta
 * pages        pages as {@link IndexExport} makes them, whole ones
 * attachments  lease u64, size of the key u32, key; they run through the frames as one stream
 * footer       size of the store's meta at the end u32, meta, root u32, height u32, live keys u64,
 *              newest revision u64, pages u32, bytes of the blocks in use u64, first free block of
 *              each of the four smaller classes u32, CRC32C of the checksums of all frames before
 * </pre>
 */
public final class CheckpointWriter implements AutoCloseable {
  static final int FORMAT = 2;

  /** Copied at once: so little that a view of the index is held for a fraction of a millisecond. */
  private static final int SLICE_BYTES = 32 << 10;

  /** Synced in steps, so that the last sync is short and other files' syncs never wait for it. */
  private static final long SYNC_BYTES = 8 << 20;

  private final Disk disk;
  private final Owner owner;
  private final Arena arena = Arena.ofConfined();
  private final Frame frame = new Frame(arena);
  private final CRC32C checksums = new CRC32C();
  private Runnable pace = () -> {};
  private int filled;
  private int frames;
  private long offset;
  private long syncedOffset;

  CheckpointWriter(Disk disk, Owner owner) throws DiskFaultException {
    this.disk = disk;
    this.owner = owner;
    disk.perform(
        List.of(
            new DiskOperation.MakeDirectory(Checkpoints.DIRECTORY),
            new DiskOperation.SyncDirectory(""),
            new DiskOperation.Delete(Checkpoints.UNFINISHED),
            new DiskOperation.Create(Checkpoints.UNFINISHED)));
  }

  /** Sets what runs after each frame, a quarter of a mebibyte: it may take its time. */
  public void pace(Runnable afterFrame) {
    pace = afterFrame;
  }

  /** Writes of which store the index is when the copy begins. */
  public void header(StoreMeta meta) throws DiskFaultException {
    var buffer = payload();
    buffer.putInt(FORMAT);
    buffer.putLong(owner.clusterId()).putLong(owner.memberId());
    put(buffer, meta);
    filled = buffer.position() - Frame.PAYLOAD_AT;
    flush(Frame.HEADER);
  }

  private static void put(ByteBuffer buffer, StoreMeta meta) {
    var encoded = meta.encode();
    buffer.putInt(encoded.size()).put(encoded.asByteBuffer());
  }

  private ByteBuffer payload() {
    return frame.buffer().clear().position(Frame.PAYLOAD_AT);
  }

  /**
   * Writes the index, slice by slice. Nothing is held while the disk works or the pace rests,
   * unless a single leaf has more history than a frame has room.
   *
   * @param views the first is not older than the meta of {@link #header}
   */
  public IndexSummary pages(IndexViews views) throws DiskFaultException {
    return pages(views, SLICE_BYTES);
  }

  /**
   * The same in slices of another size.
   *
   * @param sliceBytes after so many bytes a slice ends with its leaf
   */
  public IndexSummary pages(IndexViews views, int sliceBytes) throws DiskFaultException {
    var export = new IndexExport<DiskFaultException>(this::page);
    var goesOn = true;
    while (goesOn) {
      var view = views.hold();
      try {
        goesOn = export.copy(view, sliceBytes);
      } finally {
        view.release();
      }
      if (filled + 2 * sliceBytes > Frame.PAYLOAD_BYTES) {
        flush(Frame.PAGES);
      }
    }
    var summary = export.finish();
    flush(Frame.PAGES);
    return summary;
  }

  private void page(ByteBuffer bytes, int size) throws DiskFaultException {
    if (filled + size > Frame.PAYLOAD_BYTES) {
      flush(Frame.PAGES);
    }
    frame.memory().put(Frame.PAYLOAD_AT + filled, bytes, 0, size);
    filled += size;
  }

  /**
   * Writes which keys are attached to leases.
   *
   * @return the store as of the last slice: for one that has not come so far, or by another way,
   *     the checkpoint is of no use
   */
  public StoreMeta attachments(Attachments source) throws DiskFaultException {
    var header = ByteBuffer.allocate(AttachmentStream.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    while (true) {
      var slice = source.next();
      for (var attachment : slice.attachments()) {
        var key = attachment.key();
        header.putLong(0, attachment.lease()).putInt(Long.BYTES, key.size());
        put(header);
        put(key.asByteBuffer());
      }
      if (slice.isLast()) {
        flush(Frame.ATTACHMENTS);
        return slice.store();
      }
    }
  }

  private void put(ByteBuffer source) throws DiskFaultException {
    var done = 0;
    while (done < source.remaining()) {
      if (filled == Frame.PAYLOAD_BYTES) {
        flush(Frame.ATTACHMENTS);
      }
      var part = Math.min(source.remaining() - done, Frame.PAYLOAD_BYTES - filled);
      frame.buffer().clear().put(Frame.PAYLOAD_AT + filled, source, source.position() + done, part);
      filled += part;
      done += part;
    }
  }

  /**
   * Completes the file and makes it durable, still under another name.
   *
   * @param complete what {@link #attachments} returned
   * @param summary what {@link #pages} returned
   * @return the size of the file
   */
  public long finish(StoreMeta complete, IndexSummary summary) throws DiskFaultException {
    var buffer = payload();
    put(buffer, complete);
    buffer.putInt(summary.root()).putInt(summary.height());
    buffer.putLong(summary.live()).putLong(summary.newest());
    buffer.putInt(summary.pages()).putLong(summary.usedBytes());
    summary.freeBlocks().forEach(buffer::putInt);
    buffer.putInt((int) checksums.getValue());
    filled = buffer.position() - Frame.PAYLOAD_AT;
    flush(Frame.FOOTER);
    disk.perform(List.of(new DiskOperation.Sync(Checkpoints.UNFINISHED)));
    return offset;
  }

  /**
   * Puts the finished file in its place, durably. By then the state store has come as far as {@link
   * #attachments} said: until it has, the one before is the better one.
   */
  public void adopt() throws DiskFaultException {
    disk.perform(
        List.of(
            new DiskOperation.Rename(Checkpoints.UNFINISHED, Checkpoints.PATH),
            new DiskOperation.SyncDirectory(Checkpoints.DIRECTORY)));
  }

  private void flush(int kind) throws DiskFaultException {
    if (filled == 0) {
      return;
    }
    var checksum = frame.seal(kind, frames++, filled);
    filled = 0;
    for (var shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      checksums.update(checksum >>> shift);
    }
    var sealed = frame.buffer();
    disk.perform(List.of(new DiskOperation.Write(Checkpoints.UNFINISHED, offset, sealed)));
    offset += sealed.limit();
    if (offset - syncedOffset >= SYNC_BYTES) {
      disk.perform(List.of(new DiskOperation.Sync(Checkpoints.UNFINISHED)));
      syncedOffset = offset;
    }
    pace.run();
  }

  /** Removes the unfinished file, if it was not adopted. */
  public void abandon() throws DiskFaultException {
    disk.perform(List.of(new DiskOperation.Delete(Checkpoints.UNFINISHED)));
  }

  @Override
  public void close() {
    arena.close();
  }
}
