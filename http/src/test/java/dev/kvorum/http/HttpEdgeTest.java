package dev.kvorum.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HttpEdgeTest {
  private static final String HEALTHY = "{\"health\":\"true\",\"reason\":\"\"}";
  private static final Duration TIMEOUT = Duration.ofSeconds(7);

  private PortUnderTest port;

  @BeforeEach
  void open() throws Exception {
    port = new PortUnderTest(HttpSettings.open(TIMEOUT));
  }

  @AfterEach
  void close() throws Exception {
    port.close();
  }

  @Test
  void versionSaysWhatIsNotDecidedYet() throws Exception {
    port.node.clusterVersion = "";
    assertThat(port.get("/version").body())
        .isEqualTo(
            "{\"etcdserver\":\"3.7.1\",\"etcdcluster\":\"not_decided\",\"storage\":\"unknown\"}");
  }

  @Test
  void healthReadsOneKeyWithinTheTimeout() throws Exception {
    var before = System.nanoTime();
    assertThat(port.get("/health").body()).isEqualTo(HEALTHY);
    assertThat(port.get("/health?serializable=true").body()).isEqualTo(HEALTHY);
    // Exactly that text; anything else asks for the usual check.
    assertThat(port.get("/health?serializable=TRUE").body()).isEqualTo(HEALTHY);

    assertThat(port.node.calls).hasSize(3);
    assertThat(port.node.calls)
        .extracting(call -> call.range().serializable())
        .containsExactly(false, true, false);
    for (var call : port.node.calls) {
      assertThat(call.range().keysOnly()).isTrue();
      assertThat(call.range().limit()).isEqualTo(1);
      assertThat(call.context().deadlineNanos() - before)
          .isBetween(TIMEOUT.toNanos(), TIMEOUT.toNanos() + TimeUnit.MINUTES.toNanos(1));
    }
  }

  @Test
  void firstThingThatIsWrongIsTheReason() throws Exception {
    port.node.failure = Failure.TIMEOUT;
    assertUnhealthy("/health", "RANGE ERROR:etcdserver: request timed out");
    port.node.leader = 0;
    assertUnhealthy("/health", "RAFT NO LEADER");
    port.node.alarms = List.of(new Result.AlarmMember(1, 2), new Result.AlarmMember(2, 1));
    assertUnhealthy("/health", "ALARM CORRUPT");
    port.node.alarms = List.of(new Result.AlarmMember(1, 9));
    assertUnhealthy("/health", "ALARM UNKNOWN");
  }

  @Test
  void excludedAlarmsDoNotCount() throws Exception {
    port.node.alarms =
        List.of(
            new Result.AlarmMember(1, Command.Alarm.NOSPACE),
            new Result.AlarmMember(1, Command.Alarm.CORRUPT));
    assertUnhealthy("/health?exclude=NOSPACE", "ALARM CORRUPT");
    assertUnhealthy("/health?exclude=CORRUPT&exclude=OTHER", "ALARM NOSPACE");
    assertUnhealthy("/health?exclude=nospace&exclude=", "ALARM NOSPACE");
    assertThat(port.get("/health?exclude=NOSPACE&exclude=CORRUPT").body()).isEqualTo(HEALTHY);
  }

  @Test
  void memberWithoutALeaderIsHealthyForItself() throws Exception {
    port.node.leader = 0;
    assertThat(port.get("/health?serializable=true").body()).isEqualTo(HEALTHY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/health?exclude=%zz", "/health?serializable=%", "/health?&&=&;"})
  void parametersThatCannotBeReadAreIgnored(String target) throws Exception {
    assertThat(raw("GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200 OK")
        .endsWith(HEALTHY);
  }

  @Test
  void healthAnswersAreCounted() throws Exception {
    port.get("/health");
    port.get("/health");
    port.node.leader = 0;
    port.get("/health");
    port.send("POST", "/health");

    assertThat(port.metrics.scrape())
        .contains("\netcd_server_health_success 2\n", "\netcd_server_health_failures 1\n");
  }

  @Test
  void metricsAreShownAsTextAndCompressedWhenAsked() throws Exception {
    var plain = port.get("/metrics");
    assertThat(plain.statusCode()).isEqualTo(200);
    assertThat(plain.headers().firstValue("content-type"))
        .hasValue("text/plain; version=0.0.4; charset=utf-8");
    assertThat(plain.body())
        .contains(
            "\nprocess_open_fds ",
            "\netcd_server_version{server_version=\"3.7.1\"} 1\n",
            "\npromhttp_metric_handler_requests_in_flight 1\n",
            "\npromhttp_metric_handler_requests_total{code=\"200\"} 0\n");

    var packed =
        port.send(
            "GET",
            "/metrics",
            HttpResponse.BodyHandlers.ofByteArray(),
            "Accept-Encoding",
            "br, gzip;q=0.5");
    assertThat(packed.headers().firstValue("content-encoding")).hasValue("gzip");
    try (var stream = new GZIPInputStream(new ByteArrayInputStream(packed.body()))) {
      assertThat(new String(stream.readAllBytes(), StandardCharsets.UTF_8))
          .contains("\npromhttp_metric_handler_requests_total{code=\"200\"} 1\n");
    }
    assertThat(port.get("/metrics", "Accept-Encoding", "gzip;q=0").headers().map())
        .doesNotContainKey("content-encoding");

    var open = port.get("/metrics", "Accept", "application/openmetrics-text; version=1.0.0");
    assertThat(open.headers().firstValue("content-type"))
        .hasValue("application/openmetrics-text; version=1.0.0; charset=utf-8");
    assertThat(open.body()).endsWith("\n# EOF\n");
  }

  @Test
  void optionsOnAnyPathIsAnsweredByTheFilter() throws Exception {
    for (var path : List.of("/health", "/nope", "/v3/kv/put")) {
      var response = port.send("OPTIONS", path);
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.body()).isEmpty();
      assertThat(PortUnderTest.headers(response))
          .containsOnlyKeys(
              "access-control-allow-headers",
              "access-control-allow-methods",
              "access-control-allow-origin");
    }
  }

  @Test
  void onlyListedOriginsAreEchoed() throws Exception {
    var settings =
        new HttpSettings(Set.of("https://console.example"), Set.of(HttpSettings.ANY), TIMEOUT);
    try (var restricted = new PortUnderTest(settings)) {
      assertThat(
              restricted
                  .get("/version", "Origin", "https://console.example")
                  .headers()
                  .firstValue("access-control-allow-origin"))
          .hasValue("https://console.example");
      for (var origin : List.of("https://other.example", "*", "null")) {
        assertThat(restricted.get("/version", "Origin", origin).headers().map())
            .doesNotContainKeys("access-control-allow-origin", "access-control-allow-methods");
      }
    }
  }

  @Test
  void hostThatIsNotListedIsRefused() throws Exception {
    var settings = new HttpSettings(Set.of(HttpSettings.ANY), Set.of("127.0.0.1", "::1"), TIMEOUT);
    try (var restricted = new PortUnderTest(settings)) {
      assertThat(restricted.get("/version").statusCode()).isEqualTo(200);
      assertThat(raw(restricted, request("[::1]:2379"))).startsWith("HTTP/1.1 200 OK");
      assertThat(raw(restricted, request("127.0.0.1"))).startsWith("HTTP/1.1 200 OK");
      assertThat(raw(restricted, request("rebound.example:2379")))
          .startsWith("HTTP/1.1 421 ")
          .contains("CVE-2018-5702")
          .doesNotContainIgnoringCase("access-control");
    }
  }

  private static String request(String host) {
    return "GET /version HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
  }

  @Test
  void oldPrefixOfTheGatewayMeansTheNewOne() throws Exception {
    for (var path : List.of("/v3/nope", "/v3beta/nope")) {
      var response = port.send("POST", path);
      assertThat(response.statusCode()).isEqualTo(404);
      assertThat(response.body()).isEqualTo("{\"code\":5,\"message\":\"Not Found\"}");
    }
    assertThat(port.get("/v3alpha/kv/range").body()).isEqualTo("404 page not found\n");
  }

  /** The body of a refused request is read away, so that the next answer is not taken for it. */
  @Test
  void connectionServesOnAfterARefusal() throws Exception {
    var body = "x".repeat(100_000);
    assertThat(
            raw(
                "POST /version HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"
                    + body
                    + "GET /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 405 Method Not Allowed")
        .contains("HTTP/1.1 200 OK")
        .endsWith("\"storage\":\"3.7.0\"}");
  }

  private void assertUnhealthy(String path, String reason) throws Exception {
    var response = port.get(path);
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.body()).isEqualTo("{\"health\":\"false\",\"reason\":\"" + reason + "\"}\n");
  }

  private String raw(String request) throws IOException {
    return raw(port, request);
  }

  /** What the server writes until it closes the connection. */
  private static String raw(PortUnderTest server, String request) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(60_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      try (var reader =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
        var answer = new StringBuilder();
        for (var read = reader.read(); read >= 0; read = reader.read()) {
          answer.append((char) read);
        }
        return answer.toString();
      }
    }
  }
}
