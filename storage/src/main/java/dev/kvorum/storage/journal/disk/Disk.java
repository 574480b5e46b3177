package dev.kvorum.storage.journal.disk;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A directory tree that somebody else may cut the power of.
 *
 * <p>While the node runs, work is {@linkplain #submit submitted} and performed on a thread of the
 * disk, list after list. At boot, and on the private threads of long jobs such as a snapshot, the
 * blocking calls are used. Whoever calls a blocking method does so on a thread that is never
 * interrupted: an interrupt closes the file under every other user of it.
 */
public interface Disk extends AutoCloseable {
  /** Is told how a submitted list ended. */
  @FunctionalInterface
  interface Completion {
    /** Called exactly once, on the disk's own thread; post it to where it is awaited. */
    void completed(DiskResult result);
  }

  /**
   * Performs the operations in order, after everything submitted earlier. Any thread may call; the
   * call returns at once.
   */
  void submit(List<DiskOperation> operations, Completion completion);

  /** Performs the operations in order on the calling thread and returns when all are done. */
  void perform(List<DiskOperation> operations) throws DiskFaultException;

  /**
   * Reads into {@code target} from {@code offset} until it is full or the file ends, on the calling
   * thread.
   *
   * @return the number of bytes read, less than asked for only at the end of the file
   */
  int read(String path, long offset, ByteBuffer target) throws DiskFaultException;

  /** The names of the files and directories in the directory, sorted; empty when it is missing. */
  List<String> list(String directory) throws DiskFaultException;

  boolean exists(String path);

  /** The file's size in bytes. */
  long size(String path) throws DiskFaultException;

  /** How many bytes may still be written to the file system. */
  long usableBytes() throws DiskFaultException;

  /** How many bytes the file system has in all, used or not; 0 if it does not say. */
  default long totalBytes() throws DiskFaultException {
    return 0;
  }

  /**
   * The same disk with reads that ask the medium and not the page cache (O_DIRECT), or null where
   * the file system cannot do that. After a failed sync the cache shows what the medium may never
   * have got (P9).
   *
   * @param path a file to try it with
   */
  default @Nullable Disk pastCache(String path) {
    return null;
  }

  /** Finishes what was submitted, then closes every file. */
  @Override
  void close();
}
