package dev.kvorum.foreign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.regex.Pattern;

/** What a node's metrics page says at one moment. */
public record MetricsPage(String text) {
  /** Reads it. */
  public static MetricsPage of(Node node) {
    var request = HttpRequest.newBuilder(URI.create(node.endpoint() + "/metrics")).build();
    try (var http = HttpClient.newHttpClient()) {
      return new MetricsPage(http.send(request, HttpResponse.BodyHandlers.ofString()).body());
    } catch (IOException | InterruptedException failed) {
      throw new AssertionError(failed);
    }
  }

  /** The value of a metric without labels, which must be there. */
  public double value(String name) {
    var line = Pattern.compile("^" + name + " (.*)$", Pattern.MULTILINE).matcher(text);
    assertThat(line.find()).as(name).isTrue();
    return Double.parseDouble(line.group(1));
  }

  /** How much each of them has grown since an earlier page. */
  public List<Double> since(MetricsPage before, List<String> names) {
    return names.stream().map(name -> value(name) - before.value(name)).toList();
  }
}
