package dev.kvorum.storage.journal;

import dev.kvorum.storage.journal.disk.FileDisk;
import dev.kvorum.storage.journal.vote.VoteFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Measures appends with real syncs: {@code java ... JournalMeasurement [directory]}. Prints rates
 * and latencies; not a test, because a shared disk says something else every time.
 */
public final class JournalMeasurement {
  private static final int ENTRY_BYTES = 300;

  private JournalMeasurement() {}

  public static void main(String[] arguments) throws Exception {
    var parent =
        Path.of(arguments.length > 0 ? arguments[0] : System.getProperty("java.io.tmpdir"));
    for (var group : List.of(1, 64, 1, 64)) {
      var directory = Files.createTempDirectory(parent, "journal-measurement");
      try {
        run(directory, group, group == 1 ? 10_000 : 5_000);
      } finally {
        try (var paths = Files.walk(directory)) {
          for (var path : paths.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(path);
          }
        }
      }
    }
  }

  private static void run(Path directory, int group, int batches) throws Exception {
    var loop = new LinkedBlockingQueue<Runnable>();
    try (var disk = new FileDisk(directory, "journal-measurement")) {
      var vote = (VoteFiles.Found.Known) VoteFiles.load(disk, true);
      var opening = System.nanoTime();
      var journal =
          Journal.open(
              disk,
              Node.OWNER,
              JournalOptions.DEFAULT,
              JournalScan.read(disk, Node.OWNER, true),
              new Keep.Everything(),
              vote);
      var opened = System.nanoTime() - opening;
      var durable = new long[1];
      var driver =
          new JournalDriver(
              journal,
              disk,
              loop::add,
              outcome -> {
                if (outcome instanceof JournalOutcome.Durable(var ticket, _)) {
                  durable[0] = ticket;
                } else {
                  throw new AssertionError(outcome);
                }
              });
      var nanos = new long[batches];
      var index = 1L;
      var start = System.nanoTime();
      for (var i = 0; i < batches; i++) {
        var entries = new ArrayList<Entry>(group);
        for (var j = 0; j < group; j++) {
          entries.add(Node.entry(1, index++, ENTRY_BYTES));
        }
        var before = System.nanoTime();
        var ticket = journal.append(entries, index - group - 1);
        driver.pump();
        while (durable[0] < ticket) {
          loop.take().run();
        }
        nanos[i] = System.nanoTime() - before;
      }
      var seconds = (System.nanoTime() - start) / 1e9;
      // Let a last slice of housekeeping end, so that closing finds a quiet disk.
      Arrays.sort(nanos);
      System.out.printf(
          "%d at a time: %.0f appends/s, %.0f batches/s, p50 %d us, p99 %d us, p99.9 %d us, max %d"
              + " us; open %d us; %s%n",
          group,
          (double) batches * group / seconds,
          batches / seconds,
          nanos[batches / 2] / 1000,
          nanos[batches * 99 / 100] / 1000,
          nanos[batches * 999 / 1000] / 1000,
          nanos[batches - 1] / 1000,
          opened / 1000,
          journal.statistics());
    }
    var scanning = System.nanoTime();
    try (var disk = new FileDisk(directory, "journal-measurement")) {
      var scan = JournalScan.read(disk, Node.OWNER, false);
      System.out.printf(
          "  scanned up to %s in %d ms%n", scan.last(), (System.nanoTime() - scanning) / 1_000_000);
    }
  }
}
