package dev.kvorum.loadtest.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class H2LoadReportTest {
  private static final String OUTPUT =
      """
      starting benchmark...
      progress: 100% done

      finished in 449.55ms, 44488.54 req/s, 2.89MB/s
      requests: 20000 total, 20000 started, 20000 done, 19998 succeeded, 2 failed, 0 errored, 0 timeout
      status codes: 19998 2xx, 0 3xx, 0 4xx, 2 5xx
      traffic: 1.30MB (1362564) total, 39.16KB (40096) headers (space savings 94.72%), 667.47KB (683492) data
                           min         max         mean         sd        +/- sd
      time for request:      281us      8.14ms      2.79ms      1.22ms    73.15%
      time for connect:       91us       376us       205us        89us    75.00%
      """;

  @Test
  void readsCountsAndTimesInWhateverUnitTheyAreIn() {
    H2LoadReport report = H2LoadReport.parse(OUTPUT);

    assertThat(report.requested()).isEqualTo(20_000);
    assertThat(report.succeeded()).isEqualTo(19_998);
    assertThat(report.seconds()).isEqualTo(0.44955);
    assertThat(report.meanMicros()).isEqualTo(2790);
  }

  @Test
  void showsWhatWasPrintedWhenItIsNoReport() {
    assertThatThrownBy(() -> H2LoadReport.parse("unable to connect"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("unable to connect");
  }
}
