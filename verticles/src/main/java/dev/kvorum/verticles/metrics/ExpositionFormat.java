package dev.kvorum.verticles.metrics;

/** The text formats in which metrics are shown (contract, HTTP, section /metrics). */
public enum ExpositionFormat {
  /** What every scraper reads. */
  PROMETHEUS_TEXT("text/plain; version=0.0.4; charset=utf-8"),
  /** Its successor: the same series, stricter names and numbers, and an end that can be seen. */
  OPEN_METRICS("application/openmetrics-text; version=1.0.0; charset=utf-8");

  private final String contentType;

  ExpositionFormat(String contentType) {
    this.contentType = contentType;
  }

  public String contentType() {
    return contentType;
  }
}
