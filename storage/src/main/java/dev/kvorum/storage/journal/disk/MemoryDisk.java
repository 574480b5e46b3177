package dev.kvorum.storage.journal.disk;

import dev.kvorum.storage.model.InvariantViolation;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.Executor;

/**
 * Files in memory, without faults: every operation succeeds at once. For tests and simulations that
 * are about something else. Used by one thread.
 */
public final class MemoryDisk implements Disk {
  private final Executor completions;
  private final NavigableMap<String, byte[]> files = new TreeMap<>();

  /**
   * @param completions where completions run; give it a queue, so that a completion never runs
   *     inside the call that submitted the work
   */
  public MemoryDisk(Executor completions) {
    this.completions = completions;
  }

  /** A copy of every file, by path. */
  public Map<String, byte[]> files() {
    var copies = new TreeMap<String, byte[]>();
    files.forEach((path, content) -> copies.put(path, content.clone()));
    return copies;
  }

  /** Puts a file in place, as it might have been found at boot. */
  public void put(String path, byte[] content) {
    files.put(path, content.clone());
  }

  /** The live content of a file: changes to it are changes of the file. */
  public byte[] content(String path) {
    var content = files.get(path);
    if (content == null) {
      throw new InvariantViolation("no file " + path);
    }
    return content;
  }

  @Override
  public void submit(List<DiskOperation> operations, Completion completion) {
    operations.forEach(this::apply);
    completions.execute(() -> completion.completed(new DiskResult.Done()));
  }

  @Override
  public void perform(List<DiskOperation> operations) {
    operations.forEach(this::apply);
  }

  private void apply(DiskOperation operation) {
    switch (operation) {
      case DiskOperation.MakeDirectory _, DiskOperation.Sync _, DiskOperation.SyncDirectory _ -> {}
      case DiskOperation.Create(var path) -> {
        InvariantViolation.check(!files.containsKey(path), path + " exists");
        files.put(path, new byte[0]);
      }
      case DiskOperation.WriteZeros(var path, var offset, var length) ->
          write(path, offset, ByteBuffer.allocate(Math.toIntExact(length)));
      case DiskOperation.Reserve(var path, var offset, var length) ->
          write(path, offset, ByteBuffer.allocate(Math.toIntExact(length)));
      case DiskOperation.Write(var path, var offset, var content) -> write(path, offset, content);
      case DiskOperation.Rename(var path, var target) -> {
        files.put(target, content(path));
        files.remove(path);
      }
      case DiskOperation.Delete(var path) -> files.remove(path);
    }
  }

  private void write(String path, long offset, ByteBuffer source) {
    var content = content(path);
    var end = Math.toIntExact(offset + source.remaining());
    if (content.length < end) {
      content = Arrays.copyOf(content, end);
      files.put(path, content);
    }
    source.duplicate().get(content, (int) offset, source.remaining());
  }

  @Override
  public int read(String path, long offset, ByteBuffer target) throws DiskFaultException {
    var content = files.get(path);
    if (content == null) {
      throw new DiskFaultException(new DiskFault(DiskFault.Kind.READ, path, "no such file"));
    }
    var size = Math.clamp(content.length - offset, 0, target.remaining());
    target.put(content, (int) Math.min(offset, content.length), size);
    return size;
  }

  @Override
  public List<String> list(String directory) {
    return names(files, directory);
  }

  /** The names right below a directory, from a map by path. */
  static List<String> names(NavigableMap<String, ?> files, String directory) {
    var prefix = directory.isEmpty() ? "" : directory + "/";
    return files.tailMap(prefix, true).keySet().stream()
        .takeWhile(path -> path.startsWith(prefix))
        .map(path -> path.substring(prefix.length()))
        .map(rest -> rest.contains("/") ? rest.substring(0, rest.indexOf('/')) : rest)
        .distinct()
        .sorted()
        .toList();
  }

  @Override
  public boolean exists(String path) {
    return files.containsKey(path) || !list(path).isEmpty();
  }

  @Override
  public long size(String path) {
    return content(path).length;
  }

  @Override
  public long usableBytes() {
    return Long.MAX_VALUE;
  }

  @Override
  public void close() {
    // Memory needs no closing, and whoever opens it again finds the files.
  }
}
