package dev.kvorum.storage.backend.xodus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.backend.BackendContractTest;
import dev.kvorum.storage.backend.BackendException;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.model.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class XodusBackendTest extends BackendContractTest {
  @TempDir Path temporary;

  private int directories;

  @Override
  protected Backend open() {
    return XodusBackend.open(newDirectory());
  }

  @Override
  protected Backend reopen(Backend closed) {
    return XodusBackend.open(((XodusBackend) closed).directory());
  }

  /** The lock dies with its process, so the files of the moment are all that it leaves. */
  @Override
  protected Backend openAfterKill(Backend stillOpen) throws IOException {
    return XodusBackend.open(copy(((XodusBackend) stillOpen).directory()));
  }

  private Path newDirectory() {
    return temporary.resolve("state-" + directories++);
  }

  private Path copy(Path source) throws IOException {
    var target = Files.createDirectory(newDirectory());
    for (var file : logFiles(source)) {
      Files.copy(file, target.resolve(file.getFileName()));
    }
    return target;
  }

  private static List<Path> logFiles(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith(".xd")).sorted().toList();
    }
  }

  /** A machine that lost its power kept some prefix of what was not synced, cut anywhere. */
  @Test
  void tornTailLeavesAWholeNumberOfBatches() throws IOException {
    var source = newDirectory();
    var sizes = new long[41];
    try (var store = XodusBackend.open(source)) {
      sizes[0] = Files.size(logFiles(source).getLast());
      for (var number = 1; number <= 40; number++) {
        var batch = new WriteBatch().put(Bucket.META, text("applied"), number(number));
        for (var record = 0; record < 20; record++) {
          batch.put(Bucket.KEY, number(number * 100L + record), text("value " + number));
        }
        store.commit(batch);
        sizes[number] = Files.size(logFiles(source).getLast());
      }
      assertThat(logFiles(source)).as("one file, so that a prefix is one size").hasSize(1);
      var random = new Random(5);
      for (var trial = 0; trial < 60; trial++) {
        var whole = random.nextInt(40);
        var kept = sizes[whole] + random.nextLong(sizes[whole + 1] - sizes[whole]);
        var torn = copy(source);
        try (var channel = FileChannel.open(logFiles(torn).getLast(), StandardOpenOption.WRITE)) {
          channel.truncate(kept);
        }
        try (var opened = XodusBackend.open(torn);
            var view = opened.openReadView()) {
          var applied = view.get(Bucket.META, text("applied"));
          var records = scan(view, Bucket.KEY, Bytes.EMPTY);
          assertThat(records).as("trial %d", trial).hasSize(20 * whole);
          assertThat(applied).isEqualTo(whole == 0 ? null : number(whole));
        }
      }
    }
  }

  @Test
  void firstFailureIsFinal() throws IOException {
    var directory = newDirectory();
    var values = new WriteBatch();
    var random = new Random(3);
    for (var number = 0; number < 40; number++) {
      values.put(Bucket.KEY, number(number), randomBytes(random, 500_000));
    }
    var store = XodusBackend.open(directory, new XodusSettings(8 << 20, 1 << 20, 60_000));
    store.commit(values);
    // The files vanish under the engine, whose cache is too small to hide it.
    for (var file : logFiles(directory)) {
      try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(0);
      }
    }
    var view = store.openReadView();
    assertThatThrownBy(() -> scan(view, Bucket.KEY, Bytes.EMPTY))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining(directory.toString())
        .hasMessageContaining("scan of KEY");
    assertThatThrownBy(() -> store.commit(new WriteBatch()))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("refused after an earlier failure")
        .hasRootCauseInstanceOf(Throwable.class);
    assertThatThrownBy(store::sync).isInstanceOf(BackendException.class);
    assertThatThrownBy(store::openReadView).isInstanceOf(BackendException.class);
    store.close();
  }

  @Test
  void directoryThatIsNotAStoreIsRefusedAndLeftAsItWas() throws IOException {
    var directory = Files.createDirectory(newDirectory());
    var file = directory.resolve("00000000000.xd");
    var noise = randomBytes(new Random(9), 50_000).toArray();
    Files.write(file, noise);

    assertThatThrownBy(() -> XodusBackend.open(directory)).isInstanceOf(BackendException.class);
    assertThat(Files.readAllBytes(file)).isEqualTo(noise);
  }

  /**
   * A store with damage does not open, or fails when the damage is read, or was cut by Xodus
   * without a word at the first thing that it could not read. Then it is an earlier state as a
   * whole, which the applied index gives away; or the damage lies inside a value, where only the
   * record's own checksum sees it. It never hangs and never throws anything else.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  @Timeout(300)
  void damageIsAFailureOfTheEngineOrWrongBytes(long seed) throws IOException {
    var random = new Random(seed);
    var directory = newDirectory();
    try (var store = XodusBackend.open(directory)) {
      for (var number = 0; number < 20; number++) {
        var batch = new WriteBatch().put(Bucket.META, text("applied"), number(number));
        for (var record = 0; record < 50; record++) {
          var value = randomBytes(random, random.nextInt(2_000));
          batch.put(Bucket.KEY, number(number * 50L + record), value);
        }
        store.commit(batch);
      }
    }
    var file = logFiles(directory).getLast();
    var content = Files.readAllBytes(file);
    var at = random.nextInt(content.length);
    switch ((int) (seed % 3)) {
      case 0 -> content[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> Arrays.fill(content, at, Math.min(at + 512, content.length), (byte) 0);
      default -> {
        for (var flip = 0; flip < 20; flip++) {
          content[random.nextInt(content.length)] = (byte) random.nextInt();
        }
      }
    }
    Files.write(file, content);

    try (var damaged = XodusBackend.open(directory);
        var view = damaged.openReadView()) {
      var applied = view.get(Bucket.META, text("applied"));
      assertThat(scan(view, Bucket.KEY, Bytes.EMPTY))
          .as("seed %d", seed)
          .hasSize(applied == null ? 0 : 50 * (applied.at(Long.BYTES - 1) + 1));
      damaged.commit(new WriteBatch().put(Bucket.KEY, number(5_000), text("more")));
    } catch (BackendException expected) {
      assertThat(expected).as("seed %d", seed).hasMessageContaining(directory.toString());
    }
  }

  @Test
  void secondOpeningOfADirectoryIsRefused() {
    var directory = newDirectory();
    try (var first = XodusBackend.open(directory)) {
      assertThatThrownBy(() -> XodusBackend.open(directory)).isInstanceOf(BackendException.class);
      first.commit(new WriteBatch().put(Bucket.KEY, text("a"), text("1")));
    }
  }

  @Test
  void closingWithAnOpenViewLosesNothing() {
    var directory = newDirectory();
    var store = XodusBackend.open(directory);
    store.commit(new WriteBatch().put(Bucket.KEY, text("a"), text("1")));
    var view = store.openReadView();
    store.close();
    view.close();
    try (var again = XodusBackend.open(directory);
        var after = again.openReadView()) {
      assertThat(after.get(Bucket.KEY, text("a"))).isEqualTo(text("1"));
    }
  }

  @Test
  void sizeOnDiskGrowsWithTheFiles() throws IOException {
    var directory = newDirectory();
    try (var store = XodusBackend.open(directory)) {
      var before = store.sizeOnDiskBytes();
      store.commit(
          new WriteBatch().put(Bucket.KEY, number(1), randomBytes(new Random(1), 100_000)));
      assertThat(store.sizeOnDiskBytes()).isGreaterThan(before + 100_000);
      assertThat(store.sizeOnDiskBytes()).isEqualTo(Files.size(logFiles(directory).getLast()));
    }
  }

  /** Compaction deletes old revisions; the space comes back, and nothing that lives is lost. */
  @Test
  void cleanerRemovesFilesThatAreMostlyGarbage() throws IOException {
    var directory = newDirectory();
    var random = new Random(12);
    var kept = new WriteBatch();
    var settings = new XodusSettings(4 << 20, 4 << 20, 1);
    try (var store = XodusBackend.open(directory, settings)) {
      for (var round = 0; round < 60; round++) {
        var batch = new WriteBatch();
        var removal = new WriteBatch();
        for (var record = 0; record < 500; record++) {
          var key = number(round * 1_000L + record);
          var value = randomBytes(random, 1_000);
          batch.put(Bucket.KEY, key, value);
          if (record == 0) {
            kept.put(Bucket.KEY, key, value);
          } else {
            removal.delete(Bucket.KEY, key);
          }
        }
        store.commit(batch);
        store.commit(removal);
      }
      var full = store.sizeOnDiskBytes();
      var deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(300);
      while (store.sizeOnDiskBytes() > full / 2) {
        assertThat(System.nanoTime() - deadline).as("files are removed in time").isNegative();
        store.commit(new WriteBatch().put(Bucket.META, text("tick"), number(System.nanoTime())));
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
      }
    }
    try (var reopened = XodusBackend.open(directory, settings);
        var view = reopened.openReadView()) {
      assertThat(scan(view, Bucket.KEY, Bytes.EMPTY)).hasSize(60);
      for (var change : kept.changes()) {
        assertThat(view.get(Bucket.KEY, change.key())).isEqualTo(change.value());
      }
    }
  }

  /** An interrupt closes the file under an ordinary channel; nothing of ours may use one. */
  @Test
  void interruptedThreadWritesReadsAndSyncs() {
    try (var store = XodusBackend.open(newDirectory())) {
      Thread.currentThread().interrupt();
      store.commit(new WriteBatch().put(Bucket.KEY, text("a"), text("1")));
      store.sync();
      store.commit(new WriteBatch().put(Bucket.KEY, text("b"), text("2")));
      store.sync();
      try (var view = store.openReadView()) {
        assertThat(scan(view, Bucket.KEY, Bytes.EMPTY)).hasSize(2);
      }
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  /** Each line of the server's output is a JSON object, so a library must not write there. */
  @Test
  void nothingIsPrinted() {
    var out = System.out;
    var captured = new ByteArrayOutputStream();
    System.setOut(new PrintStream(captured, true, StandardCharsets.UTF_8));
    try (var store = XodusBackend.open(newDirectory())) {
      store.commit(new WriteBatch().put(Bucket.KEY, text("a"), text("1")));
      store.sync();
    } finally {
      System.setOut(out);
    }
    assertThat(captured.toString(StandardCharsets.UTF_8)).isEmpty();
  }
}
