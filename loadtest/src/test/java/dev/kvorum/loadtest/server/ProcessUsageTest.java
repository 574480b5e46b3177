package dev.kvorum.loadtest.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessUsageTest {
  @Test
  void readsTimesBehindANameWithBlanksAndParentheses() {
    String stat = "42 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 150 50 13 14 15";

    ProcessUsage usage =
        ProcessUsage.parse(
            stat,
            List.of("VmPeak:  9 kB", "VmHWM: 4096 kB", "VmRSS:\t  2048 kB", "RssAnon: 1024 kB"));

    assertThat(usage).isEqualTo(new ProcessUsage(2.0, 2 << 20, 1 << 20, 4 << 20));
  }

  @Test
  void readsALiveProcess() {
    ProcessUsage usage = ProcessUsage.of(ProcessHandle.current().pid());

    assertThat(usage.cpuSeconds()).isPositive();
    assertThat(usage.residentBytes()).isGreaterThan(usage.anonymousBytes());
    assertThat(usage.anonymousBytes()).isPositive();
  }
}
