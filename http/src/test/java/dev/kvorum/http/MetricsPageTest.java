package dev.kvorum.http;

import static dev.kvorum.verticles.metrics.ExpositionFormat.OPEN_METRICS;
import static dev.kvorum.verticles.metrics.ExpositionFormat.PROMETHEUS_TEXT;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Which format a scraper gets. */
class MetricsPageTest {
  /** What Prometheus 3 sends. */
  private static final String PROMETHEUS =
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
          + "application/openmetrics-text;version=0.0.1;q=0.4,"
          + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,"
          + "*/*;q=0.1";

  @Test
  void theBetterLikedFormatIsChosen() {
    assertThat(MetricsPage.format(PROMETHEUS)).isEqualTo(OPEN_METRICS);
    assertThat(MetricsPage.format("application/openmetrics-text")).isEqualTo(OPEN_METRICS);
    assertThat(MetricsPage.format("text/plain, application/openmetrics-text; q=0.9"))
        .isEqualTo(PROMETHEUS_TEXT);
  }

  @Test
  void thePlainTextIsForEverybodyElse() {
    assertThat(MetricsPage.format(null)).isEqualTo(PROMETHEUS_TEXT);
    assertThat(MetricsPage.format("*/*")).isEqualTo(PROMETHEUS_TEXT);
    assertThat(MetricsPage.format("application/openmetrics-text;version=2.0.0"))
        .isEqualTo(PROMETHEUS_TEXT);
    assertThat(MetricsPage.format("application/openmetrics-text;q=0")).isEqualTo(PROMETHEUS_TEXT);
    assertThat(MetricsPage.format("application/openmetrics-text;q=high"))
        .isEqualTo(PROMETHEUS_TEXT);
    assertThat(MetricsPage.format("application/vnd.google.protobuf;encoding=delimited"))
        .isEqualTo(PROMETHEUS_TEXT);
  }
}
