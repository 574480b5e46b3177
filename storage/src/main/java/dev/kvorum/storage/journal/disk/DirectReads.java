package dev.kvorum.storage.journal.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A disk whose reads go past the page cache. Whatever is dirty in the cache is written by the
 * kernel first, so a read shows what the medium has, or fails. Everything else is done by the disk
 * beneath. Slow, and meant for a start after a fault.
 */
final class DirectReads extends ForwardingDisk {
  /** The most that is read at once; a multiple of any alignment that a medium asks for. */
  private static final int WINDOW_BYTES = 1 << 20;

  private final Path root;
  private final int alignment;
  private final ByteBuffer window;

  /** The file read last, kept open: a scan reads one after the other. */
  private @Nullable FileChannel channel;

  private String channelPath = "";

  DirectReads(Disk disk, Path root) throws IOException {
    super(disk);
    this.root = root;
    alignment = Math.toIntExact(Files.getFileStore(root).getBlockSize());
    if (Integer.bitCount(alignment) != 1 || alignment > WINDOW_BYTES) {
      throw new IOException("an alignment of " + alignment + " bytes is not for us");
    }
    window = ByteBuffer.allocateDirect(WINDOW_BYTES + alignment).alignedSlice(alignment);
  }

  /** Reads the beginning of a file; fails where the file system knows no such reads. */
  void tryOut(String path) throws IOException {
    window.clear().limit(alignment);
    open(path).read(window, 0);
    close();
  }

  private FileChannel open(String path) throws IOException {
    var known = channel;
    if (known != null && channelPath.equals(path)) {
      return known;
    }
    close();
    var opened = FileChannel.open(root.resolve(path), StandardOpenOption.READ, directOption());
    channel = opened;
    channelPath = path;
    return opened;
  }

  /**
   * {@code com.sun.nio.file.ExtendedOpenOption.DIRECT}. Its module is one that every JDK has, but
   * the compiler warns of each mention of it: hence by reflection.
   */
  private static OpenOption directOption() throws IOException {
    try {
      for (var each :
          Class.forName("com.sun.nio.file.ExtendedOpenOption")
              .asSubclass(OpenOption.class)
              .getEnumConstants()) {
        if (each.toString().equals("DIRECT")) {
          return each;
        }
      }
    } catch (ClassNotFoundException _) {
      // A runtime without that module reads through the cache.
    }
    throw new IOException("this JDK does not know O_DIRECT");
  }

  @Override
  public synchronized int read(String path, long offset, ByteBuffer target)
      throws DiskFaultException {
    try {
      var done = 0;
      while (target.hasRemaining()) {
        var size = readOnce(path, offset + done, target);
        if (size == 0) {
          break;
        }
        done += size;
      }
      return done;
    } catch (IOException e) {
      throw FileDisk.readFault(path, e);
    }
  }

  /** Reads the aligned blocks around what is asked for, as far as they fit into the window. */
  private int readOnce(String path, long offset, ByteBuffer target) throws IOException {
    var from = offset / alignment * alignment;
    var skip = (int) (offset - from);
    var wanted = Math.min((long) skip + target.remaining(), WINDOW_BYTES);
    var blocks = (wanted + alignment - 1) / alignment;
    window.clear().limit(Math.toIntExact(blocks * alignment));
    var file = open(path);
    while (window.hasRemaining()) {
      // Short of the end of the file a direct read ends at a block, and so can be continued.
      if (file.read(window, from + window.position()) <= 0 || window.position() % alignment != 0) {
        break;
      }
    }
    var size = Math.clamp(window.position() - skip, 0, target.remaining());
    target.put(window.slice(skip, size));
    return size;
  }

  /** Closes its own file; the disk beneath belongs to somebody else. */
  @Override
  public synchronized void close() {
    var known = channel;
    channel = null;
    if (known != null) {
      try {
        known.close();
      } catch (IOException _) {
        // It was only read.
      }
    }
  }
}
