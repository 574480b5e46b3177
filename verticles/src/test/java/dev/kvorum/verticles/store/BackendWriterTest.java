package dev.kvorum.verticles.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.backend.BackendFullException;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.backend.memory.MemoryBackend;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.verticles.stage.Flush;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class BackendWriterTest {
  private static final long PATIENCE_SECONDS = 60;

  private final FullBackend backend = new FullBackend();
  private final Heard heard = new Heard();

  /** Refuses everything while it is full. */
  private static final class FullBackend implements Backend {
    private final MemoryBackend memory = new MemoryBackend();
    private volatile boolean full;

    @Override
    public void commit(WriteBatch batch) {
      refuse();
      memory.commit(batch);
    }

    @Override
    public void sync() {
      refuse();
      memory.sync();
    }

    private void refuse() {
      if (full) {
        throw new BackendFullException("full on command");
      }
    }

    @Override
    public ReadView openReadView() {
      return memory.openReadView();
    }

    @Override
    public long sizeOnDiskBytes() {
      return 0;
    }

    @Override
    public void close() {
      memory.close();
    }
  }

  private static final class Heard implements BackendWriter.Listener {
    final LinkedBlockingQueue<String> events = new LinkedBlockingQueue<>();

    @Override
    public void flushed(List<Revision> records, long appliedIndex, long tookNanos) {
      events.add("flushed " + appliedIndex);
    }

    @Override
    public void synced(StoreMeta meta) {
      events.add("synced " + meta.appliedIndex());
    }

    @Override
    public void spaceMissing(BackendFullException full) {
      events.add("full");
    }

    @Override
    public void spaceFound() {
      events.add("space");
    }

    @Override
    public void failed(Throwable fault) {
      events.add("failed " + fault);
    }

    String next() throws InterruptedException {
      var event = events.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      return event == null ? "nothing" : event;
    }
  }

  @Test
  void aFullDiskIsWaitedOutAndNothingIsSkipped() throws InterruptedException {
    var writer = new BackendWriter(backend, 1, heard);
    writer.start();
    backend.full = true;
    writer.submit(flush(2));
    assertThat(heard.next()).isEqualTo("full");
    writer.submit(flush(3));
    assertThat(writer.isBehindFullDisk(false)).isFalse();
    assertThat(writer.isBehindFullDisk(true)).isTrue();

    backend.full = false;
    assertThat(heard.next()).isEqualTo("space");
    assertThat(heard.next()).isEqualTo("flushed 2");
    assertThat(heard.next()).isEqualTo("flushed 3");
    assertThat(writer.isBehindFullDisk(true)).isFalse();
    writer.awaitFlushed(3);
    writer.close();
    assertThat(heard.next()).isEqualTo("synced 3");
  }

  /** The journal has what is left, so a stop does not wait for space. */
  @Test
  void aFullDiskDoesNotKeepTheWriterFromEnding() throws InterruptedException {
    var writer = new BackendWriter(backend, 1, heard);
    writer.start();
    backend.full = true;
    writer.submit(flush(2));
    assertThat(heard.next()).isEqualTo("full");
    writer.close();
    writer.awaitFlushed(2);
    assertThat(heard.events).isEmpty();
    try (var view = backend.openReadView()) {
      assertThat(view.get(Bucket.META, StoreMeta.KEY)).isNull();
    }
  }

  private static Flush flush(long appliedIndex) {
    return new Flush(
        List.of(), List.of(), List.of(), new MvccStore(IndexMemory.onHeap()).meta(appliedIndex, 1));
  }
}
