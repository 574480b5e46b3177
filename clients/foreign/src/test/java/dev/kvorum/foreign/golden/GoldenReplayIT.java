package dev.kvorum.foreign.golden;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.kvorum.foreign.Answers;
import dev.kvorum.foreign.Node;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.GrpcReply;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every recorded call of the key-value API, sent to the packaged server over the wire. */
class GoldenReplayIT {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final int MOST_DIFFERENCES = 10;

  @ParameterizedTest
  @ValueSource(strings = {"kv-1001", "kv-1002", "kv-1003"})
  void answersEveryRandomCallAsEtcdDid(String recording) throws Exception {
    try (Node node = Node.kvorum()) {
      assertThat(differences(node, recording)).isEmpty();
    }
  }

  @Test
  void answersEveryCornerCaseAsEtcdDid() throws Exception {
    // The flags that the recording was made with.
    try (Node node = Node.kvorum("--max-txn-ops=8", "--max-request-bytes=4096")) {
      assertThat(differences(node, "kv-edges")).isEmpty();
    }
  }

  private static List<String> differences(Node node, String recording)
      throws IOException, InterruptedException {
    List<String> differences = new ArrayList<>();
    List<GoldenRow> rows = GoldenRow.read(recording);
    for (int row = 0; row < rows.size() && differences.size() < MOST_DIFFERENCES; row++) {
      String difference = difference(node.client(), rows.get(row));
      if (!difference.isEmpty()) {
        differences.add(recording + " row " + row + ": " + difference);
      }
    }
    return differences;
  }

  private static String difference(GrpcClient client, GoldenRow row)
      throws InterruptedException, InvalidProtocolBufferException {
    GrpcReply reply = await(client, row);
    String call = row.method() + " " + row.request();
    if (reply.code() != row.reply().code() || !reply.message().equals(row.reply().message())) {
      return call + " answers " + status(reply) + " instead of " + status(row.reply());
    }
    if (!reply.succeeded()) {
      return "";
    }
    Message expected = Answers.comparable(row.method(), row.reply());
    Message actual = Answers.comparable(row.method(), reply);
    // Compared as bytes: a field that is present with its default value is not an absent field.
    return actual.toByteString().equals(expected.toByteString())
        ? ""
        : call + " answers\n" + actual + "instead of\n" + expected;
  }

  private static GrpcReply await(GrpcClient client, GoldenRow row) throws InterruptedException {
    try {
      return GrpcClient.await(client.call(row.method(), row.request()), PATIENCE);
    } catch (dev.kvorum.loadtest.wire.GrpcStatusException impossible) {
      throw new AssertionError("an untyped call hands its status back", impossible);
    }
  }

  private static String status(GrpcReply reply) {
    return reply.code() + " \"" + reply.message() + "\"";
  }
}
