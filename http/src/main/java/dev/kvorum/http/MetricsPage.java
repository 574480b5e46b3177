package dev.kvorum.http;

import dev.kvorum.verticles.metrics.NodeMetrics;
import dev.kvorum.verticles.metrics.PrometheusText;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** {@code /metrics}, made on a worker thread: it reads files and is thousands of lines long. */
final class MetricsPage {
  private static final int OK = 200;
  private static final int FAILED = 500;
  private static final String GZIP = "gzip";

  private final Vertx vertx;
  private final NodeMetrics metrics;

  MetricsPage(Vertx vertx, NodeMetrics metrics) {
    this.vertx = vertx;
    this.metrics = metrics;
  }

  void handle(HttpServerRequest request) {
    var compressed = acceptsGzip(request.getHeader(HttpHeaders.ACCEPT_ENCODING));
    metrics.http().scrapeBegins();
    vertx
        .executeBlocking(() -> body(compressed), false)
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
              Answers.send(request, OK, PrometheusText.CONTENT_TYPE, made.result());
            });
  }

  private Buffer body(boolean compressed) {
    var text = metrics.scrape().getBytes(StandardCharsets.UTF_8);
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
