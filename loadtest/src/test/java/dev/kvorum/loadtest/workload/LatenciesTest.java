package dev.kvorum.loadtest.workload;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LatenciesTest {
  @Test
  void quantilesCountTheRequestsOfAllLogs(@TempDir Path directory) throws IOException {
    Path odd = log(directory.resolve("odd"), LongStream.iterate(1, n -> n + 2).limit(500));
    Path even = log(directory.resolve("even"), LongStream.iterate(1000, n -> n - 2).limit(500));

    Latencies latencies = Latencies.read(List.of(odd, even));

    // The times are 1 to 1,000, each once.
    assertThat(latencies.quantile(0.5)).isEqualTo(500);
    assertThat(latencies.quantile(0.99)).isEqualTo(990);
    assertThat(latencies.quantile(0.999)).isEqualTo(999);
    assertThat(latencies.quantile(1)).isEqualTo(1000);
  }

  @Test
  void noLogIsEmpty() throws IOException {
    assertThat(Latencies.read(List.of()).isEmpty()).isTrue();
  }

  private static Path log(Path file, LongStream micros) throws IOException {
    return Files.writeString(
        file,
        micros
            .mapToObj(time -> "1795223055895976\t200\t" + time + "\n")
            .collect(Collectors.joining()));
  }
}
