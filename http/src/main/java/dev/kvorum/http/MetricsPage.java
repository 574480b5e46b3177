package dev.kvorum.http;

import dev.kvorum.verticles.metrics.ExpositionFormat;
import dev.kvorum.verticles.metrics.NodeMetrics;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** {@code /metrics}, made on a worker thread: it reads files and is thousands of lines long. */
final class MetricsPage {
  private static final int OK = 200;
  private static final int FAILED = 500;
  private static final String GZIP = "gzip";
  private static final String OPEN_METRICS_VERSION = "1.0.0";

  private final Vertx vertx;
  private final NodeMetrics metrics;

  MetricsPage(Vertx vertx, NodeMetrics metrics) {
    this.vertx = vertx;
    this.metrics = metrics;
  }

  void handle(HttpServerRequest request) {
    var compressed = acceptsGzip(request.getHeader(HttpHeaders.ACCEPT_ENCODING));
    var format = format(request.getHeader(HttpHeaders.ACCEPT));
    metrics.http().scrapeBegins();
    vertx
        .executeBlocking(() -> body(format, compressed), false)
        .onComplete(
            made -> {
              metrics.http().scrapeEnds(made.succeeded());
              if (made.failed()) {
                Answers.refuse(request, FAILED, "metrics cannot be read: " + made.cause());
                return;
              }
              if (compressed) {
                request.response().putHeader(HttpHeaders.CONTENT_ENCODING, GZIP);
              }
              Answers.send(request, OK, format.contentType(), made.result());
            });
  }

  /**
   * The format that the client likes best; the plain text when it has no opinion, likes both
   * equally, or wants what is not made here.
   */
  static ExpositionFormat format(@Nullable String accepted) {
    var open = 0.0;
    var plain = 0.0;
    for (var range : accepted == null ? new String[0] : accepted.split(",", -1)) {
      var parts = range.replace(" ", "").split(";", -1);
      switch (parts[0].toLowerCase(Locale.ROOT)) {
        case "application/openmetrics-text" -> {
          var version = parameter(parts, "version", OPEN_METRICS_VERSION);
          open = version.equals(OPEN_METRICS_VERSION) ? Math.max(open, quality(parts)) : open;
        }
        case "text/plain" -> plain = Math.max(plain, quality(parts));
        default -> {
          // Other media, and stars, which the plain text satisfies.
        }
      }
    }
    return open > plain ? ExpositionFormat.OPEN_METRICS : ExpositionFormat.PROMETHEUS_TEXT;
  }

  private static double quality(String[] parts) {
    try {
      return Double.parseDouble(parameter(parts, "q", "1"));
    } catch (NumberFormatException unreadable) {
      return 0;
    }
  }

  private static String parameter(String[] parts, String name, String otherwise) {
    for (var part : parts) {
      if (part.startsWith(name + "=")) {
        return part.substring(name.length() + 1);
      }
    }
    return otherwise;
  }

  private Buffer body(ExpositionFormat format, boolean compressed) {
    var text = metrics.scrape(format).getBytes(StandardCharsets.UTF_8);
    return Buffer.buffer(compressed ? gzip(text) : text);
  }

  private static byte[] gzip(byte[] text) {
    var target = new ByteArrayOutputStream(text.length / 8);
    try (var stream = new GZIPOutputStream(target)) {
      stream.write(text);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return target.toByteArray();
  }

  private static boolean acceptsGzip(@Nullable String accepted) {
    if (accepted == null) {
      return false;
    }
    for (var coding : accepted.split(",", -1)) {
      var parts = coding.strip().split(";", -1);
      if (parts[0].strip().equalsIgnoreCase(GZIP)) {
        return parts.length == 1 || !parts[1].strip().matches("q=0(\\.0*)?");
      }
    }
    return false;
  }
}
