package dev.kvorum.storage.backend.xodus;

import java.util.function.Supplier;
import jetbrains.exodus.io.Block;
import jetbrains.exodus.io.DataWriter;
import jetbrains.exodus.io.RemoveBlockType;
import org.jspecify.annotations.Nullable;

/**
 * Xodus's writer of log files, except that it syncs when we say so.
 *
 * <p><b>When.</b> Xodus syncs each file as it fills up, in the middle of somebody's commit, and
 * again when it opens and closes. Our commits promise nothing about power loss, so those waits buy
 * nothing, and on a shared disk they slow the journal, whose syncs clients do wait for. Here the
 * engine's wish to sync is not obeyed. {@link LogFiles#force()} runs where it matters: when the
 * caller of the port asks, and before the cleaner removes a file, since what was live in that file
 * has moved to a later one and must not be lost with it.
 *
 * <p><b>How.</b> Xodus ignores a sync of a channel that is closed and only warns when it cannot
 * sync the directory. It also reaches into the JDK by reflection to make its channels survive a
 * thread's interrupt; where the JDK refuses, an interrupt during a sync closes the data file
 * unnoticed. The rest of its writer goes through {@code RandomAccessFile}, to which interrupts mean
 * nothing.
 */
final class DeferredSync implements DataWriter {
  private final DataWriter writer;
  private final LogFiles files;

  /** A write found no space, on whichever thread: the committing one or the cleaner's. */
  private volatile boolean outOfSpace;

  DeferredSync(DataWriter writer, LogFiles files) {
    this.writer = writer;
    this.files = files;
  }

  @Override
  public void sync() {}

  @Override
  public void syncDirectory() {}

  @Override
  public void removeBlock(long address, RemoveBlockType how) {
    files.force();
    writer.removeBlock(address, how);
  }

  /** A store is set aside by whoever owns the directory; it never empties itself. */
  @Override
  public void clear() {
    throw new UnsupportedOperationException("clear");
  }

  /** Whether any write has found no space since this writer was made. */
  boolean ranOutOfSpace() {
    return outOfSpace;
  }

  private Block orOutOfSpace(Supplier<Block> call) {
    try {
      return call.get();
    } catch (RuntimeException failed) {
      outOfSpace |= NoSpace.isCauseOf(failed);
      throw failed;
    }
  }

  @Override
  public boolean isOpen() {
    return writer.isOpen();
  }

  @Override
  public Block write(byte[] bytes, int offset, int size) {
    return orOutOfSpace(() -> writer.write(bytes, offset, size));
  }

  @Override
  public Block openOrCreateBlock(long address, long length) {
    return orOutOfSpace(() -> writer.openOrCreateBlock(address, length));
  }

  @Override
  public void truncateBlock(long address, long length) {
    writer.truncateBlock(address, length);
  }

  @Override
  public boolean lock(long timeoutMillis) {
    return writer.lock(timeoutMillis);
  }

  @Override
  public boolean release() {
    return writer.release();
  }

  @Override
  public @Nullable String lockInfo() {
    return writer.lockInfo();
  }

  @Override
  public void close() {
    writer.close();
  }
}
