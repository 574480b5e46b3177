package dev.kvorum.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Result;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** Replays what a real member answered, as far as the routes exist: equal but for the date. */
final class HttpGoldenTest {
  /** Pages that are not built yet; the list shrinks as they come. */
  private static final List<String> NOT_BUILT =
      List.of("/livez", "/readyz", "/debug/vars", "/v3/", "/v3beta/");

  @Test
  void recordedAnswersAreGivenAgain() throws Exception {
    var replayed = 0;
    try (var port = new PortUnderTest(HttpSettings.open(Duration.ofSeconds(5)))) {
      for (var row : rows()) {
        if (isBuilt(row.getString("path"))) {
          replay(port, row);
          replayed++;
        }
      }
    }
    assertThat(replayed).as("rows replayed").isEqualTo(16);
  }

  private static boolean isBuilt(String path) {
    // An unknown path below the gateway is answered as ever.
    return path.equals("/v3/nope") || NOT_BUILT.stream().noneMatch(path::startsWith);
  }

  private static void replay(PortUnderTest port, JsonObject row) throws Exception {
    var alarmed = row.getString("answer").contains("ALARM NOSPACE");
    port.node.alarms =
        alarmed ? List.of(new Result.AlarmMember(1, Command.Alarm.NOSPACE)) : List.of();

    var response = port.send(row.getString("method"), row.getString("path"));

    assertThat(response.statusCode()).as(row.encode()).isEqualTo(row.getInteger("status"));
    assertThat(response.body()).as(row.encode()).isEqualTo(row.getString("answer"));
    var expected = new TreeMap<String, String>();
    row.getJsonObject("answer_headers")
        .forEach(header -> expected.put(header.getKey(), header.getValue().toString()));
    assertThat(PortUnderTest.headers(response)).as(row.encode()).isEqualTo(expected);
  }

  private static List<JsonObject> rows() throws IOException {
    var resource = HttpGoldenTest.class.getResourceAsStream("/golden/http.jsonl.gz");
    try (var stream = new GZIPInputStream(Objects.requireNonNull(resource))) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(JsonObject::new)
          .toList();
    }
  }
}
