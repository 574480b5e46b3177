package dev.kvorum.verticles.metrics;

/** What the pages for people and monitors count about themselves. */
public final class HttpMetrics {
  private final Counter healthSuccesses;
  private final Counter healthFailures;
  private final Counter scrapes;
  private final Counter failedScrapes;
  private final Gauge scrapesInFlight;

  HttpMetrics(MetricRegistry registry) {
    healthSuccesses =
        registry.counter("etcd_server_health_success", "Answers of /health that said true.");
    healthFailures =
        registry.counter("etcd_server_health_failures", "Answers of /health that said false.");
    var scrapesByCode =
        registry.counters(
            "promhttp_metric_handler_requests_total", "Scrapes, by HTTP status.", "code");
    scrapes = scrapesByCode.with("200");
    failedScrapes = scrapesByCode.with("500");
    scrapesByCode.with("503");
    scrapesInFlight =
        registry.gauge(
            "promhttp_metric_handler_requests_in_flight", "Scrapes that are being answered.");
  }

  /** {@code /health} answered. */
  public void health(boolean healthy) {
    (healthy ? healthSuccesses : healthFailures).increment();
  }

  public void scrapeBegins() {
    scrapesInFlight.add(1);
  }

  public void scrapeEnds(boolean success) {
    scrapesInFlight.add(-1);
    (success ? scrapes : failedScrapes).increment();
  }
}
