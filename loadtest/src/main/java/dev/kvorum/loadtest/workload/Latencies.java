package dev.kvorum.loadtest.workload;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** The times of single requests in microseconds, from h2load's logs, in ascending order. */
final class Latencies {
  private final long[] micros;

  private Latencies(long[] micros) {
    this.micros = micros;
  }

  /** Reads the third column of every line: start, status, microseconds. */
  static Latencies read(List<Path> logs) throws IOException {
    LongStream all = LongStream.empty();
    for (Path log : logs) {
      try (Stream<String> lines = Files.lines(log)) {
        long[] column =
            lines
                .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf('\t') + 1)))
                .toArray();
        all = LongStream.concat(all, Arrays.stream(column));
      }
    }
    return new Latencies(all.sorted().toArray());
  }

  boolean isEmpty() {
    return micros.length == 0;
  }

  /** The smallest time that at least the given part of all requests did not exceed. */
  double quantile(double part) {
    int rank = (int) Math.ceil(part * micros.length);
    return micros[Math.clamp(rank - 1, 0, micros.length - 1)];
  }
}
