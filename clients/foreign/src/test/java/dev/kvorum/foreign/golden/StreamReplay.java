package dev.kvorum.foreign.golden;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.kvorum.api.etcdserverpb.LeaseKeepAliveRequest;
import dev.kvorum.api.etcdserverpb.LeaseKeepAliveResponse;
import dev.kvorum.api.etcdserverpb.LeaseTimeToLiveResponse;
import dev.kvorum.api.etcdserverpb.ResponseHeader;
import dev.kvorum.api.etcdserverpb.WatchResponse;
import dev.kvorum.api.mvccpb.Event;
import dev.kvorum.foreign.BidiStream;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.GrpcReply;
import dev.kvorum.loadtest.wire.GrpcStatusException;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Replays the recordings that have streams in them: watches and lease keep-alives.
 *
 * <p>A recording says what came and not when, so a replay lets the server settle after each step:
 * it makes a few calls, which pass through the same loops.
 */
final class StreamReplay {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final int SETTLING_CALLS = 25;
  private static final String WATCH = "etcdserverpb.Watch/Watch";
  private static final String KEEP_ALIVE = "etcdserverpb.Lease/LeaseKeepAlive";
  private static final String TIME_TO_LIVE = "etcdserverpb.Lease/LeaseTimeToLive";

  /** Seconds that a remaining time may differ from the recorded one. */
  private static final long TTL_TOLERANCE_SECONDS = 30;

  /** Those of the recording that last for two seconds. */
  private static final long[] SHORT_LEASES = {8, 10};

  private static final Duration SHORT = Duration.ofSeconds(2);

  private final Vertx vertx;
  private final GrpcClient client;
  private final int port;
  private final List<String> differences = new ArrayList<>();

  /** The longest that a short lease may have gone without renewal. */
  private long longestGapNanos;

  StreamReplay(Vertx vertx, GrpcClient client, int port) {
    this.vertx = vertx;
    this.client = client;
    this.port = port;
  }

  private static List<JsonObject> rows(String recording) throws IOException {
    InputStream compressed =
        Objects.requireNonNull(
            StreamReplay.class.getResourceAsStream("/golden/" + recording + ".jsonl.gz"));
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(new GZIPInputStream(compressed), StandardCharsets.UTF_8))) {
      return lines.lines().map(JsonObject::new).toList();
    }
  }

  /** Random watches over random writes, which must bring the same events to each watcher. */
  List<String> randomWatches(String recording) throws IOException, InterruptedException {
    BidiStream stream = null;
    int row = 0;
    for (JsonObject line : rows(recording)) {
      row++;
      String what = line.getString("watch", "");
      if (what.equals("open")) {
        stream = BidiStream.open(vertx, port, WATCH);
        for (Object request : line.getJsonArray("reqs")) {
          stream.send(bytes((String) request));
        }
        settle();
      } else if (what.equals("close")) {
        compareRound(recording + " row " + row, line, Objects.requireNonNull(stream));
        stream.close();
      } else {
        call(recording + " row " + row, line);
      }
    }
    return differences;
  }

  private void compareRound(String where, JsonObject line, BidiStream stream)
      throws InterruptedException, InvalidProtocolBufferException {
    Map<Long, List<String>> expected = new TreeMap<>();
    int events = 0;
    for (Map.Entry<String, Object> each : line.getJsonObject("events")) {
      List<String> ofWatcher = new ArrayList<>();
      ((JsonArray) each.getValue()).forEach(event -> ofWatcher.add((String) event));
      events += ofWatcher.size();
      if (!ofWatcher.isEmpty()) {
        expected.put(Long.valueOf(each.getKey()), ofWatcher);
      }
    }
    int wanted = events;
    BidiStream.await(() -> countEvents(stream.received()) >= wanted);
    settle();
    Map<Long, List<String>> actual = new TreeMap<>();
    Map<Long, List<String>> answers = new TreeMap<>();
    for (ByteString message : stream.received()) {
      WatchResponse response = WatchResponse.parseFrom(message);
      for (Event event : response.getEventsList()) {
        actual
            .computeIfAbsent(response.getWatchId(), _ -> new ArrayList<>())
            .add(HexFormat.of().formatHex(event.toByteArray()));
      }
      if (response.getCreated() || response.getCanceled()) {
        answers
            .computeIfAbsent(response.getWatchId(), _ -> new ArrayList<>())
            .add(answer(response));
      }
    }
    compare(where + " events", expected, actual);
    Map<Long, List<String>> expectedAnswers = new TreeMap<>();
    for (Map.Entry<String, Object> each : line.getJsonObject("answers")) {
      List<String> ofWatcher = new ArrayList<>();
      for (Object answer : (JsonArray) each.getValue()) {
        JsonObject recorded = (JsonObject) answer;
        ofWatcher.add(
            (number(recorded, "created") != 0)
                + " "
                + (number(recorded, "canceled") != 0)
                + " "
                + number(recorded, "compact_revision")
                + " "
                + recorded.getString("cancel_reason"));
      }
      expectedAnswers.put(Long.valueOf(each.getKey()), ofWatcher);
    }
    compare(where + " answers", expectedAnswers, answers);
  }

  private static long number(JsonObject object, String field) {
    Object value = object.getValue(field);
    if (value instanceof Boolean flag) {
      return flag ? 1 : 0;
    }
    return ((Number) value).longValue();
  }

  private static String answer(WatchResponse response) {
    return response.getCreated()
        + " "
        + response.getCanceled()
        + " "
        + response.getCompactRevision()
        + " "
        + response.getCancelReason();
  }

  private static int countEvents(List<ByteString> messages) {
    int count = 0;
    for (ByteString message : messages) {
      try {
        count += WatchResponse.parseFrom(message).getEventsCount();
      } catch (InvalidProtocolBufferException broken) {
        throw new IllegalStateException(broken);
      }
    }
    return count;
  }

  /** Chosen scenarios, message by message. */
  List<String> watchScenarios(String recording) throws IOException, InterruptedException {
    JsonObject before = new JsonObject();
    for (JsonObject line : rows(recording)) {
      if (line.containsKey("scenario")) {
        watchScenario(line);
        before = line;
      } else {
        repeatLastCall(line.getString("note"), before);
      }
    }
    return differences;
  }

  /** The recording's one note: so many more of the call that the scenario before ended with. */
  private void repeatLastCall(String note, JsonObject scenario) throws InterruptedException {
    JsonArray steps = scenario.getJsonArray("steps");
    JsonObject last = steps.getJsonObject(steps.size() - 1);
    int count = Integer.parseInt(note.substring(0, note.indexOf(' ')));
    for (int times = 0; times < count; times++) {
      call(last.getString("rpc"), bytes(last.getString("req")));
    }
  }

  private void watchScenario(JsonObject line)
      throws InterruptedException, InvalidProtocolBufferException {
    String where = line.getString("scenario");
    List<ByteString> expected =
        line.getJsonArray("resps").stream().map(each -> bytes((String) each)).toList();
    try (BidiStream stream = BidiStream.open(vertx, port, WATCH)) {
      for (Object each : line.getJsonArray("steps")) {
        JsonObject step = (JsonObject) each;
        if (step.containsKey("send")) {
          stream.send(bytes(step.getString("send")));
        } else if (step.containsKey("half_close")) {
          stream.halfClose();
        } else if (step.containsKey("rpc")) {
          call(where, step);
        }
        settle();
      }
      List<ByteString> actual = stream.await(expected.size());
      settle();
      compare(where, byWatcher(expected), byWatcher(actual));
      if (line.getBoolean("open") == stream.isEnded()) {
        differences.add(where + ": the stream ended: " + stream.isEnded());
      }
    }
  }

  /** Between two watchers the order is free, and for each it is not. */
  private static Map<Long, List<String>> byWatcher(List<ByteString> messages)
      throws InvalidProtocolBufferException {
    Map<Long, List<String>> answers = new TreeMap<>();
    for (ByteString message : messages) {
      WatchResponse response = WatchResponse.parseFrom(message);
      WatchResponse comparable =
          response.toBuilder().setHeader(withoutIds(response.getHeader())).build();
      String hex = HexFormat.of().formatHex(comparable.toByteArray());
      answers.computeIfAbsent(response.getWatchId(), _ -> new ArrayList<>()).add(hex);
    }
    return answers;
  }

  private static ResponseHeader withoutIds(ResponseHeader header) {
    return header.toBuilder().clearClusterId().clearMemberId().clearRaftTerm().build();
  }

  /**
   * Lease calls and keep-alive streams. What differs says nothing unless {@link
   * #renewedShortLeasesInTime}.
   */
  List<String> leases(String recording) throws IOException, InterruptedException {
    int row = 0;
    long renewed = System.nanoTime();
    for (JsonObject line : rows(recording)) {
      row++;
      String where = recording + " row " + row;
      if (line.getString("rpc").equals(KEEP_ALIVE)) {
        keepAlive(where, line);
      } else {
        call(where, line);
      }
      // From before the one renewal was sent until the next one is answered.
      long renewing = System.nanoTime();
      renewShortLeases();
      longestGapNanos = Math.max(longestGapNanos, System.nanoTime() - renewed);
      renewed = renewing;
    }
    return differences;
  }

  /** Whether no lease that the recording shows alive can have run out in this replay. */
  boolean renewedShortLeasesInTime() {
    return longestGapNanos < SHORT.toNanos();
  }

  /**
   * The recording took a moment. A replay on a busy machine must not take so long that leases end.
   */
  private void renewShortLeases() throws InterruptedException {
    for (long lease : SHORT_LEASES) {
      call(KEEP_ALIVE, LeaseKeepAliveRequest.newBuilder().setID(lease).build().toByteString());
    }
  }

  private void keepAlive(String where, JsonObject line)
      throws InterruptedException, InvalidProtocolBufferException {
    JsonArray expected = line.getJsonArray("resps");
    try (BidiStream stream = BidiStream.open(vertx, port, KEEP_ALIVE)) {
      line.getJsonArray("reqs").forEach(request -> stream.send(bytes((String) request)));
      List<ByteString> actual = stream.await(expected.size());
      stream.halfClose();
      BidiStream.await(stream::isEnded);
      for (int at = 0; at < expected.size(); at++) {
        compare(
            where,
            LeaseKeepAliveResponse.parseFrom(bytes(expected.getString(at))).toBuilder()
                .clearHeader()
                .build(),
            LeaseKeepAliveResponse.parseFrom(actual.get(at)).toBuilder().clearHeader().build());
      }
    }
  }

  private void call(String where, JsonObject line)
      throws InterruptedException, InvalidProtocolBufferException {
    String method = line.getString("rpc");
    GrpcReply reply = call(method, bytes(line.getString("req")));
    if (line.containsKey("code")) {
      compare(
          where,
          line.getInteger("code") + line.getString("message"),
          reply.code() + reply.message());
    } else if (line.containsKey("resp") && reply.succeeded()) {
      compare(
          where,
          comparable(method, bytes(line.getString("resp"))),
          comparable(method, reply.messages().getFirst()));
    } else if (line.containsKey("resp")) {
      differences.add(where + ": " + reply.code() + " " + reply.message());
    }
  }

  /** The message without header ids; a remaining time is compared with tolerance. */
  private static String comparable(String method, ByteString message)
      throws InvalidProtocolBufferException {
    if (method.equals(TIME_TO_LIVE)) {
      LeaseTimeToLiveResponse response = LeaseTimeToLiveResponse.parseFrom(message);
      long missing = response.getGrantedTTL() - response.getTTL();
      boolean usual = missing >= 0 && missing <= TTL_TOLERANCE_SECONDS;
      return response.toBuilder().clearHeader().setTTL(usual ? 0 : response.getTTL()).build()
          + " at "
          + response.getHeader().getRevision();
    }
    // The header is the first field of every answer, and its ids are fixed for a server.
    var answer = com.google.protobuf.UnknownFieldSet.parseFrom(message);
    var header = ResponseHeader.parseFrom(answer.getField(1).getLengthDelimitedList().getFirst());
    return answer.toBuilder().clearField(1).build() + " at " + header.getRevision();
  }

  private void settle() throws InterruptedException {
    ByteString range = ByteString.copyFrom(new byte[] {10, 1, 'x'});
    for (int count = 0; count < SETTLING_CALLS; count++) {
      call("etcdserverpb.KV/Range", range);
    }
  }

  private GrpcReply call(String method, ByteString request) throws InterruptedException {
    try {
      return GrpcClient.await(client.call(method, request), PATIENCE);
    } catch (GrpcStatusException impossible) {
      throw new AssertionError("an untyped call hands its status back", impossible);
    }
  }

  private void compare(String where, @Nullable Object expected, @Nullable Object actual) {
    if (!Objects.equals(expected, actual)) {
      differences.add(where + "\n  expected " + expected + "\n  actual   " + actual);
    }
  }

  private static ByteString bytes(String hex) {
    return ByteString.copyFrom(HexFormat.of().parseHex(hex));
  }
}
