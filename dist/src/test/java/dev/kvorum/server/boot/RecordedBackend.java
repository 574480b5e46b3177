package dev.kvorum.server.boot;

import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.journal.disk.DiskOperation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A real state store, and what its commits do to its files. The engine appends to its log and asks
 * for no sync by itself, so a commit is one un-synced write for each file that has grown: which of
 * its sectors a power cut leaves is decided when the recording is played.
 */
final class RecordedBackend implements Backend {
  private static final String SUFFIX = ".xd";

  private final Backend backend;
  private final Path directory;
  private final String name;
  private final List<DiskOperation> recording;
  private final Map<String, byte[]> known = new TreeMap<>();

  /**
   * @param directory where the store lies, and {@code name} what the recording calls it
   */
  RecordedBackend(Backend backend, Path directory, String name, List<DiskOperation> recording) {
    this.backend = backend;
    this.directory = directory;
    this.name = name;
    this.recording = recording;
    note(false);
  }

  private void note(boolean records) {
    try (var files = Files.list(directory)) {
      for (var file : files.filter(each -> each.toString().endsWith(SUFFIX)).sorted().toList()) {
        var title = String.valueOf(file.getFileName());
        var content = Files.readAllBytes(file);
        var before = known.put(title, content);
        if (records) {
          difference(name + "/" + title, before == null ? new byte[0] : before, content);
        }
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private void difference(String path, byte[] before, byte[] content) {
    if (before.length == 0) {
      recording.add(new DiskOperation.Create(path));
    }
    var same = Arrays.mismatch(before, content);
    if (same >= 0) {
      var written = ByteBuffer.wrap(content, same, content.length - same).slice();
      recording.add(new DiskOperation.Write(path, same, written));
    }
  }

  @Override
  public void commit(WriteBatch batch) {
    backend.commit(batch);
    note(true);
  }

  @Override
  public void sync() {
    backend.sync();
    note(true);
    known.keySet().forEach(title -> recording.add(new DiskOperation.Sync(name + "/" + title)));
    recording.add(new DiskOperation.SyncDirectory(name));
  }

  @Override
  public ReadView openReadView() {
    return backend.openReadView();
  }

  @Override
  public long sizeOnDiskBytes() {
    return backend.sizeOnDiskBytes();
  }

  @Override
  public void close() {
    backend.close();
  }
}
