package dev.kvorum.storage.journal.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileDiskTest {
  @TempDir Path root;

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private static DiskResult await(FileDisk disk, DiskOperation... operations) throws Exception {
    var result = new CompletableFuture<DiskResult>();
    disk.submit(List.of(operations), result::complete);
    return result.get(60, TimeUnit.SECONDS);
  }

  @Test
  void operationsAreDoneInOrder() throws Exception {
    try (var disk = new FileDisk(root, "test")) {
      var result =
          await(
              disk,
              new DiskOperation.MakeDirectory("d"),
              new DiskOperation.Create("d/a"),
              new DiskOperation.WriteZeros("d/a", 0, 600_000),
              new DiskOperation.Write("d/a", 599_998, bytes("hello")),
              new DiskOperation.Sync("d/a"),
              new DiskOperation.Rename("d/a", "d/b"),
              new DiskOperation.SyncDirectory("d"));
      assertThat(result).isEqualTo(new DiskResult.Done());
      assertThat(disk.list("d")).containsExactly("b");
      assertThat(disk.size("d/b")).isEqualTo(600_003);
      for (var target : List.of(ByteBuffer.allocate(10), ByteBuffer.allocateDirect(10))) {
        assertThat(disk.read("d/b", 599_997, target)).isEqualTo(6);
        var read = new byte[6];
        target.flip().get(read);
        assertThat(read).isEqualTo("\0hello".getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  @Test
  void reservedSpaceIsTakenAndReadsAsZeros() throws Exception {
    try (var disk = new FileDisk(root, "test")) {
      disk.perform(
          List.of(
              new DiskOperation.Create("a"),
              new DiskOperation.Reserve("a", 0, 100_000),
              new DiskOperation.Reserve("a", 100_000, 900_000),
              new DiskOperation.Sync("a")));
      assertThat(disk.size("a")).isEqualTo(1_000_000);
      var read = new byte[1_000_000];
      assertThat(disk.read("a", 0, ByteBuffer.wrap(read))).isEqualTo(read.length);
      assertThat(read).containsOnly(0);
    }
    var du = new ProcessBuilder("du", "-k", root.resolve("a").toString()).start();
    var line = new String(du.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(Long.parseLong(line.substring(0, line.indexOf('\t')))).isBetween(976L, 1_200L);
  }

  @Test
  void aLargeHeapBufferIsWrittenAndReadWhole() throws Exception {
    var content = new byte[1_000_000];
    for (var i = 0; i < content.length; i++) {
      content[i] = (byte) (i * 31);
    }
    try (var disk = new FileDisk(root, "test")) {
      disk.perform(
          List.of(
              new DiskOperation.Create("a"),
              new DiskOperation.Write("a", 0, ByteBuffer.wrap(content))));
      var target = ByteBuffer.allocate(content.length + 7);
      assertThat(disk.read("a", 0, target)).isEqualTo(content.length);
      assertThat(target.array()).startsWith(content);
    }
    assertThat(Files.readAllBytes(root.resolve("a"))).isEqualTo(content);
  }

  @Test
  void theFirstFailureEndsTheListAndTheDisk() throws Exception {
    try (var disk = new FileDisk(root, "test")) {
      var result =
          await(
              disk,
              new DiskOperation.Create("a"),
              new DiskOperation.Rename("missing", "b"),
              new DiskOperation.Delete("a"));
      assertThat(result)
          .isInstanceOfSatisfying(
              DiskResult.Failed.class,
              failed -> {
                assertThat(failed.position()).isEqualTo(1);
                assertThat(failed.fault().kind()).isEqualTo(DiskFault.Kind.WRITE);
                assertThat(failed.fault().path()).isEqualTo("missing");
              });
      assertThat(disk.exists("a")).isTrue();
      // No retry, not even of something that would succeed.
      assertThat(await(disk, new DiskOperation.Sync("a"))).isInstanceOf(DiskResult.Failed.class);
    }
  }

  @Test
  void aMissingFileIsAReadFault() {
    try (var disk = new FileDisk(root, "test")) {
      assertThatThrownBy(() -> disk.read("missing", 0, ByteBuffer.allocate(1)))
          .isInstanceOfSatisfying(
              DiskFaultException.class,
              e -> assertThat(e.fault().kind()).isEqualTo(DiskFault.Kind.READ));
    }
  }

  @Test
  void closingFinishesWhatWasSubmitted() throws Exception {
    var disk = new FileDisk(root, "test");
    disk.submit(List.of(new DiskOperation.Create("a")), _ -> {});
    disk.submit(List.of(new DiskOperation.Write("a", 0, bytes("x"))), _ -> {});
    disk.close();
    assertThat(root.resolve("a")).hasContent("x");
  }
}
