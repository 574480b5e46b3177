package dev.kvorum.foreign.golden;

import com.google.protobuf.ByteString;
import dev.kvorum.loadtest.wire.GrpcReply;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/**
 * One call of a recording.
 *
 * @param method service and method
 * @param request the message that was sent
 * @param reply what etcd answered
 */
record GoldenRow(String method, ByteString request, GrpcReply reply) {

  /** The rows of a recording in their order, such as {@code kv-1001}. */
  static List<GoldenRow> read(String recording) throws IOException {
    InputStream compressed =
        Objects.requireNonNull(
            GoldenRow.class.getResourceAsStream("/golden/" + recording + ".jsonl.gz"), recording);
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(new GZIPInputStream(compressed), StandardCharsets.UTF_8))) {
      return lines.lines().map(GoldenRow::parse).toList();
    }
  }

  private static GoldenRow parse(String line) {
    JsonObject row = new JsonObject(line);
    return new GoldenRow(row.getString("rpc"), bytes(row.getString("req")), reply(row));
  }

  private static GrpcReply reply(JsonObject row) {
    if (row.containsKey("code")) {
      return new GrpcReply(List.of(), row.getInteger("code"), row.getString("message"));
    }
    JsonArray messages =
        row.containsKey("resps")
            ? row.getJsonArray("resps")
            : new JsonArray().add(row.getString("resp"));
    return new GrpcReply(
        messages.stream().map(String.class::cast).map(GoldenRow::bytes).toList(), 0, "");
  }

  private static ByteString bytes(String hex) {
    return ByteString.copyFrom(HexFormat.of().parseHex(hex));
  }
}
