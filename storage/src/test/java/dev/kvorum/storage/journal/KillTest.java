package dev.kvorum.storage.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.journal.identity.DataDirectory;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real process on real files is killed without warning, again and again. */
final class KillTest {
  private static final int KILLS = Integer.getInteger("kvorum.kills", 6);

  @TempDir Path temporary;

  @Test
  void everythingReportedDurableSurvivesTheKillingOfTheProcess() throws Exception {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(20261121);
    var directory = temporary.resolve("data");
    var durable = 0L;
    for (var kill = 0; kill < KILLS; kill++) {
      var process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx64m",
                  "-XX:TieredStopAtLevel=1",
                  "--enable-native-access=ALL-UNNAMED",
                  "-cp",
                  System.getProperty("java.class.path"),
                  KilledProcess.class.getName(),
                  directory.toString())
              .redirectErrorStream(true)
              .start();
      try {
        var lines = 20 + random.nextInt(400);
        durable = follow(process.inputReader(), lines, durable);
      } finally {
        process.destroyForcibly();
        process.waitFor();
      }
      // Lines that were on their way are promises as well.
      durable = Math.max(durable, check(directory, durable));
    }
    assertThat(durable).isGreaterThan(100L * KILLS);
  }

  private static long follow(BufferedReader output, int lines, long before) throws Exception {
    var durable = before;
    for (var i = 0; i < lines; i++) {
      var line = output.readLine();
      assertThat(line).as("the process lives until it is killed").isNotNull();
      var index = Long.parseLong(line.substring(line.indexOf(' ') + 1));
      assertThat(index).as(line).isGreaterThanOrEqualTo(before);
      durable = Math.max(durable, index);
    }
    return durable;
  }

  private static long check(Path path, long durable) throws Exception {
    try (var directory = DataDirectory.open(path, null)) {
      var disk = directory.logDisk();
      var scan = JournalScan.read(disk, Node.OWNER, false);
      assertThat(scan.isSound()).as(scan.reports().toString()).isTrue();
      assertThat(scan.last().index()).isGreaterThanOrEqualTo(durable);
      var expected = 1L;
      while (expected <= scan.last().index()) {
        var to = scan.last().index() + 1;
        var range = new LogRange(expected, to, scan.log().extents(expected, to));
        for (var entry : range.read(disk, 1 << 20)) {
          assertThat(entry).isEqualTo(Node.entry(1, expected, (int) (expected * 37 % 900)));
          expected++;
        }
      }
      return scan.last().index();
    }
  }
}
