package dev.kvorum.storage.backend.xodus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.storage.backend.BackendFullException;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.model.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import jetbrains.exodus.ExodusException;
import jetbrains.exodus.io.Block;
import jetbrains.exodus.io.DataWriter;
import jetbrains.exodus.io.RemoveBlockType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The engine on a disk that is full for a while, at every point of a commit. */
final class FullDiskTest {
  private static final int RECORDS = 400;

  @TempDir Path temporary;

  /** Lets so many bytes pass; the write that goes beyond is cut there and fails. */
  private static final class LimitedWriter implements DataWriter {
    private final DataWriter writer;
    private final Limit limit;

    LimitedWriter(DataWriter writer, Limit limit) {
      this.writer = writer;
      this.limit = limit;
    }

    @Override
    public Block write(byte[] bytes, int offset, int size) {
      if (size > limit.bytes) {
        var part = (int) limit.bytes;
        limit.bytes = 0;
        if (part > 0) {
          writer.write(bytes, offset, part);
        }
        throw new ExodusException("Can't write", new IOException("No space left on device"));
      }
      limit.bytes -= size;
      return writer.write(bytes, offset, size);
    }

    @Override
    public boolean isOpen() {
      return writer.isOpen();
    }

    @Override
    public void removeBlock(long address, RemoveBlockType how) {
      writer.removeBlock(address, how);
    }

    @Override
    public void truncateBlock(long address, long length) {
      writer.truncateBlock(address, length);
    }

    @Override
    public void clear() {
      writer.clear();
    }

    @Override
    public Block openOrCreateBlock(long address, long length) {
      return writer.openOrCreateBlock(address, length);
    }

    @Override
    public void sync() {
      writer.sync();
    }

    @Override
    public void syncDirectory() {
      writer.syncDirectory();
    }

    @Override
    public void close() {
      writer.close();
    }

    @Override
    public boolean lock(long timeout) {
      return writer.lock(timeout);
    }

    @Override
    public boolean release() {
      return writer.release();
    }

    @Override
    public @Nullable String lockInfo() {
      return writer.lockInfo();
    }
  }

  private static final class Limit {
    long bytes = Long.MAX_VALUE;
  }

  /** The commit writes about 130 KiB; each of these cuts it somewhere else. */
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 511, 16_383, 16_384, 16_385, 50_000, 100_000})
  void aCommitWithoutSpaceLeavesNothingAndSucceedsLater(long bytes) {
    var limit = new Limit();
    var store = open(limit);
    store.commit(batch(1));
    limit.bytes = bytes;

    for (var attempt = 0; attempt < 3; attempt++) {
      assertThatThrownBy(() -> store.commit(batch(2))).isInstanceOf(BackendFullException.class);
      limit.bytes = 0;
      assertThat(read(store, 1)).as("readers go on").isEqualTo(value(1));
      assertThat(applied(store)).isEqualTo(number(1));
    }
    limit.bytes = Long.MAX_VALUE;
    store.commit(batch(2));
    store.commit(batch(3));
    store.sync();
    assertHolds(store, 3);
    store.close();

    try (var again = open(new Limit())) {
      assertHolds(again, 3);
    }
  }

  /** The process may end at any time while the disk is full. */
  @Test
  void aStoreThatWasFullWhenItsProcessEndedOpensAtTheLastCommit() {
    var limit = new Limit();
    var store = open(limit);
    store.commit(batch(1));
    limit.bytes = 20_000;
    assertThatThrownBy(() -> store.commit(batch(2))).isInstanceOf(BackendFullException.class);
    limit.bytes = 0;
    store.close();

    try (var again = open(new Limit())) {
      assertHolds(again, 1);
      again.commit(batch(2));
      assertHolds(again, 2);
    }
  }

  @Test
  void aViewFromBeforeIsNotCutOff() {
    var limit = new Limit();
    try (var store = open(limit)) {
      store.commit(batch(1));
      limit.bytes = 0;
      assertThatThrownBy(() -> store.commit(batch(2))).isInstanceOf(BackendFullException.class);
      limit.bytes = Long.MAX_VALUE;
      try (var view = store.openReadView()) {
        var writer = new Thread(() -> store.commit(batch(2)));
        // The view is older than the second attempt, which waits for it or gives up.
        writer.setUncaughtExceptionHandler((_, _) -> {});
        writer.start();
        for (var i = 0; i < RECORDS; i++) {
          assertThat(view.get(Bucket.KEY, key(1, i))).isEqualTo(value(1));
        }
        writer.join();
        assertThat(view.get(Bucket.META, Bytes.utf8("applied"))).isEqualTo(number(1));
      } catch (InterruptedException interrupt) {
        throw new AssertionError(interrupt);
      }
      store.commit(batch(2));
      assertHolds(store, 2);
    }
  }

  @Test
  void aDirectoryWithoutSpaceIsNotTakenForABrokenStore() {
    var limit = new Limit();
    limit.bytes = 0;
    assertThatThrownBy(() -> open(limit)).isInstanceOf(BackendFullException.class);
    try (var store = open(new Limit())) {
      store.commit(batch(1));
      assertHolds(store, 1);
    }
  }

  private XodusBackend open(Limit limit) {
    return XodusBackend.open(
        temporary.resolve("state"),
        XodusSettings.SERVER,
        writer -> new LimitedWriter(writer, limit));
  }

  private static void assertHolds(XodusBackend store, int last) {
    for (var number = 1; number <= last; number++) {
      assertThat(read(store, number)).isEqualTo(value(number));
    }
    assertThat(read(store, last + 1)).isNull();
    assertThat(applied(store)).isEqualTo(number(last));
  }

  private static WriteBatch batch(int number) {
    var batch = new WriteBatch();
    for (var i = 0; i < RECORDS; i++) {
      batch.put(Bucket.KEY, key(number, i), value(number));
    }
    return batch.put(Bucket.META, Bytes.utf8("applied"), number(number));
  }

  private static @Nullable Bytes read(XodusBackend store, int number) {
    try (var view = store.openReadView()) {
      return view.get(Bucket.KEY, key(number, RECORDS - 1));
    }
  }

  private static @Nullable Bytes applied(XodusBackend store) {
    try (var view = store.openReadView()) {
      return view.get(Bucket.META, Bytes.utf8("applied"));
    }
  }

  private static Bytes key(int batch, int record) {
    return number(batch * 1_000L + record);
  }

  private static Bytes value(int batch) {
    return Bytes.utf8(("value " + batch + " ").repeat(32));
  }

  private static Bytes number(long number) {
    return Bytes.wrap(ByteBuffer.allocate(Long.BYTES).putLong(number).array());
  }
}
