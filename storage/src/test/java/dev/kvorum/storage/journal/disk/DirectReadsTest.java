package dev.kvorum.storage.journal.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DirectReadsTest {
  private static final int SIZE = 2_500_000;

  @TempDir Path root;

  /** Direct reads come in aligned blocks; nobody above is to know. */
  @Test
  void anyRangeIsReadAsThroughTheCache() throws IOException, DiskFaultException {
    var content = new byte[SIZE];
    new Random(7).nextBytes(content);
    Files.write(root.resolve("file"), content);
    try (var disk = new FileDisk(root, "test")) {
      var direct = disk.pastCache("file");
      if (direct == null) {
        System.err.println("WARN no O_DIRECT in " + root + ", so its test did NOT run");
        Assumptions.abort("no O_DIRECT here");
      }
      for (var from : new int[] {0, 1, 511, 512, 4_095, 4_096, 1_048_575, SIZE - 1, SIZE}) {
        for (var size : new int[] {1, 512, 4_097, 1_048_576, 1_500_000, SIZE}) {
          var target = ByteBuffer.allocate(size);
          var expected = Math.min(size, SIZE - from);
          assertThat(direct.read("file", from, target)).isEqualTo(expected);
          assertThat(target.flip()).isEqualTo(ByteBuffer.wrap(content, from, expected));
        }
      }
      direct.close();
    }
  }

  @Test
  void whatIsNotThereCannotBeReadPastTheCache() {
    try (var disk = new FileDisk(root, "test")) {
      assertThat(disk.pastCache("missing")).isNull();
    }
  }
}
