package dev.kvorum.storage.journal.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Real files.
 *
 * <p>Three habits of {@link FileChannel} shape this class. It closes the file when a thread that
 * uses it is interrupted, so the disk has one private thread that nobody can interrupt, and whoever
 * calls a blocking method promises the same. It copies heap buffers through hidden buffers that
 * grow with the largest write of each thread, so heap memory goes through one small direct buffer
 * here, and the journal hands over direct memory anyway. And its {@code force(false)} is fdatasync,
 * which is all that a file of a settled size needs.
 *
 * <p>Nothing is ever memory-mapped: on a full or broken disk a mapped file kills the process, while
 * a write returns an error. After the first failed write or sync the disk refuses all further work
 * (P9): a second sync may return success for data that the first one lost.
 */
public final class FileDisk extends RealFiles {
  private static final int TRANSFER_BYTES = 1 << 18;
  private static final FileAttribute<?> DIRECTORY_MODE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final FileAttribute<?> FILE_MODE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  /** Is told how long each operation took, on the thread that performed it. */
  @FunctionalInterface
  public interface Observer {
    void performed(DiskOperation operation, long nanos);
  }

  private final boolean syncing;
  private final boolean posix;
  private final ExecutorService thread;
  private final Map<String, FileChannel> channels = new ConcurrentHashMap<>();
  private final ByteBuffer zeros = ByteBuffer.allocateDirect(TRANSFER_BYTES).asReadOnlyBuffer();
  private final ByteBuffer transfer = ByteBuffer.allocateDirect(TRANSFER_BYTES);

  private volatile Observer observer = (_, _) -> {};

  /** The fault after which nothing more is tried. */
  private volatile @Nullable DiskFault broken;

  /**
   * @param root an existing directory
   * @param name what the disk's thread is called
   */
  public FileDisk(Path root, String name) {
    this(root, name, true);
  }

  /**
   * @param root an existing directory
   * @param name what the disk's thread is called
   * @param syncing false makes every sync do nothing (P20): for tests that need speed and whose
   *     data nobody will miss
   */
  public FileDisk(Path root, String name, boolean syncing) {
    super(root);
    this.syncing = syncing;
    this.posix = root.getFileSystem().supportedFileAttributeViews().contains("posix");
    this.thread =
        Executors.newSingleThreadExecutor(
            work -> {
              var made = new Thread(work, name);
              made.setDaemon(true);
              return made;
            });
  }

  /** Sets who is told how long operations take. */
  public void observe(Observer newObserver) {
    observer = newObserver;
  }

  @Override
  public void submit(List<DiskOperation> operations, Completion completion) {
    thread.execute(() -> completion.completed(performAll(operations)));
  }

  @Override
  public void perform(List<DiskOperation> operations) throws DiskFaultException {
    switch (performAll(operations)) {
      case DiskResult.Done() -> {}
      case DiskResult.Failed(_, var fault) -> throw new DiskFaultException(fault);
    }
  }

  private DiskResult performAll(List<DiskOperation> operations) {
    var position = 0;
    for (var operation : operations) {
      var fault = broken;
      if (fault == null) {
        var start = System.nanoTime();
        fault = performOne(operation);
        observer.performed(operation, System.nanoTime() - start);
      }
      if (fault != null) {
        return new DiskResult.Failed(position, fault);
      }
      position++;
    }
    return new DiskResult.Done();
  }

  private @Nullable DiskFault performOne(DiskOperation operation) {
    try {
      switch (operation) {
        case DiskOperation.MakeDirectory(var path) -> makeDirectory(root.resolve(path));
        case DiskOperation.Create(var path) -> create(path);
        case DiskOperation.WriteZeros(var path, var offset, var length) ->
            writeZeros(channel(path), offset, length);
        case DiskOperation.Reserve(var path, var offset, var length) ->
            reserve(path, offset, length);
        case DiskOperation.Write(var path, var offset, var content) ->
            write(channel(path), offset, content.duplicate());
        case DiskOperation.Sync(var path) -> sync(path);
        case DiskOperation.SyncDirectory(var path) -> syncDirectory(path);
        case DiskOperation.Rename(var path, var target) -> rename(path, target);
        case DiskOperation.Delete(var path) -> delete(path);
      }
      return null;
    } catch (IOException e) {
      var kind =
          switch (operation) {
            case DiskOperation.Sync _, DiskOperation.SyncDirectory _ -> DiskFault.Kind.SYNC;
            case DiskOperation.MakeDirectory _,
                DiskOperation.Create _,
                DiskOperation.WriteZeros _,
                DiskOperation.Reserve _,
                DiskOperation.Write _,
                DiskOperation.Rename _,
                DiskOperation.Delete _ ->
                isNoSpace(e) ? DiskFault.Kind.NO_SPACE : DiskFault.Kind.WRITE;
          };
      var fault = new DiskFault(kind, operation.path(), detail(e));
      if (kind != DiskFault.Kind.NO_SPACE) {
        broken = fault;
      }
      return fault;
    }
  }

  private void makeDirectory(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectory(directory, attributes(DIRECTORY_MODE));
    }
  }

  private void create(String path) throws IOException {
    Set<OpenOption> options =
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
    channels.put(path, FileChannel.open(root.resolve(path), options, attributes(FILE_MODE)));
  }

  private FileAttribute<?>[] attributes(FileAttribute<?> mode) {
    return posix ? new FileAttribute<?>[] {mode} : new FileAttribute<?>[0];
  }

  private void writeZeros(FileChannel channel, long offset, long length) throws IOException {
    var at = offset;
    var end = offset + length;
    while (at < end) {
      var part = zeros.duplicate();
      part.limit((int) Math.min(part.capacity(), end - at));
      at += channel.write(part, at);
    }
  }

  private void reserve(String path, long offset, long length) throws IOException {
    if (!FileSpace.reserve(root.resolve(path), offset, length)) {
      writeZeros(channel(path), offset, length);
    }
  }

  private void write(FileChannel channel, long offset, ByteBuffer content) throws IOException {
    if (content.isDirect()) {
      writeFully(channel, offset, content);
      return;
    }
    synchronized (transfer) {
      var at = offset;
      while (content.hasRemaining()) {
        transfer.clear();
        var size = Math.min(content.remaining(), transfer.capacity());
        transfer.put(content.slice(content.position(), size)).flip();
        content.position(content.position() + size);
        writeFully(channel, at, transfer);
        at += size;
      }
    }
  }

  private static void writeFully(FileChannel channel, long offset, ByteBuffer content)
      throws IOException {
    var at = offset;
    while (content.hasRemaining()) {
      at += channel.write(content, at);
    }
  }

  private void sync(String path) throws IOException {
    if (syncing) {
      channel(path).force(false);
    }
  }

  private void syncDirectory(String path) throws IOException {
    if (!syncing) {
      return;
    }
    try (var directory = FileChannel.open(root.resolve(path), StandardOpenOption.READ)) {
      directory.force(true);
    }
  }

  private void rename(String path, String target) throws IOException {
    forget(path);
    forget(target);
    Files.move(root.resolve(path), root.resolve(target), StandardCopyOption.ATOMIC_MOVE);
  }

  private void delete(String path) throws IOException {
    forget(path);
    Files.deleteIfExists(root.resolve(path));
  }

  private void forget(String path) throws IOException {
    var channel = channels.remove(path);
    if (channel != null) {
      channel.close();
    }
  }

  private FileChannel channel(String path) throws IOException {
    var known = channels.get(path);
    if (known != null) {
      return known;
    }
    var opened =
        FileChannel.open(root.resolve(path), StandardOpenOption.READ, StandardOpenOption.WRITE);
    var raced = channels.putIfAbsent(path, opened);
    if (raced == null) {
      return opened;
    }
    opened.close();
    return raced;
  }

  @Override
  public int read(String path, long offset, ByteBuffer target) throws DiskFaultException {
    try {
      var channel = channel(path);
      return target.isDirect()
          ? readFully(channel, offset, target)
          : readThrough(channel, offset, target);
    } catch (IOException e) {
      throw readFault(path, e);
    }
  }

  private int readThrough(FileChannel channel, long offset, ByteBuffer target) throws IOException {
    synchronized (transfer) {
      var done = 0;
      while (target.hasRemaining()) {
        transfer.clear();
        transfer.limit(Math.min(target.remaining(), transfer.capacity()));
        var size = readFully(channel, offset + done, transfer);
        target.put(transfer.flip());
        done += size;
        if (size < Math.min(transfer.capacity(), target.remaining() + size)) {
          break;
        }
      }
      return done;
    }
  }

  @Override
  public @Nullable Disk pastCache(String path) {
    try {
      var direct = new DirectReads(this, root);
      direct.tryOut(path);
      return direct;
    } catch (IOException | UnsupportedOperationException _) {
      return null;
    }
  }

  @Override
  public void close() {
    thread.shutdown();
    var interrupted = false;
    while (true) {
      try {
        if (thread.awaitTermination(1, TimeUnit.MINUTES)) {
          break;
        }
      } catch (InterruptedException _) {
        // The work at hand is finished first; the interrupt is for the caller.
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    for (var channel : channels.values()) {
      try {
        channel.close();
      } catch (IOException _) {
        // Whatever had to be durable was synced; closing makes nothing durable.
      }
    }
    channels.clear();
  }

  private static boolean isNoSpace(IOException e) {
    var text = detail(e);
    return text.contains("No space left on device") || text.contains("Disk quota exceeded");
  }
}
