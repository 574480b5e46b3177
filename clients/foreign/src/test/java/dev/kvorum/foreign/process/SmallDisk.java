package dev.kvorum.foreign.process;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A file system of 256 MB in memory, mounted for one test, which needs root. */
final class SmallDisk {
  private static final String SIZE = "256m";
  private static final int BLOCK_BYTES = 4_096;
  private static final int BLOCKS_AT_ONCE = 256;

  private final Path root;

  private SmallDisk(Path root) {
    this.root = root;
  }

  /** Mounts it below that directory; skips the test, loudly, where that is not allowed. */
  static SmallDisk mount(Path below) throws IOException, InterruptedException {
    Path root = Files.createTempDirectory(Files.createDirectories(below), "disk");
    if (run("mount", "-t", "tmpfs", "-o", "size=" + SIZE, "tmpfs", root.toString()) == 0) {
      return new SmallDisk(root);
    }
    Files.delete(root);
    String message = "a file system cannot be mounted here, so its tests did NOT run: run as root";
    if (Boolean.getBoolean("kvorum.test.requireMount")) {
      return fail(message);
    }
    System.err.println("WARN " + message);
    return Assumptions.abort(message);
  }

  Path root() {
    return root;
  }

  /** Fills it to the last byte. */
  void fill() throws IOException {
    Path filler = root.resolve("filler");
    try (OutputStream out =
        Files.newOutputStream(filler, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      write(out, BLOCKS_AT_ONCE * BLOCK_BYTES);
      write(out, BLOCK_BYTES);
    }
  }

  private static void write(OutputStream out, int bytes) {
    byte[] block = new byte[bytes];
    try {
      while (true) {
        out.write(block);
      }
    } catch (IOException full) {
      // That is what was wanted.
    }
  }

  /** Gives all that space back. */
  void empty() throws IOException {
    Files.delete(root.resolve("filler"));
  }

  void close() throws IOException, InterruptedException {
    run("umount", "-l", root.toString());
    Files.delete(root);
  }

  private static int run(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(List.of(command))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return process.waitFor(60, TimeUnit.SECONDS) ? process.exitValue() : -1;
  }
}
