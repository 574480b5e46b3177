package dev.kvorum.foreign.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.foreign.Node;
import dev.kvorum.loadtest.server.Scratch;
import dev.kvorum.loadtest.wire.Methods;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** An operator's night: the disk has rotted, the server refuses, and the two tools help. */
class RepairIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Pattern DISCARD_FROM = Pattern.compile("--discard-from (\\d+)");

  /** What a tool printed, and how it ended. */
  private record Ended(int code, String output) {}

  @Test
  void aLossIsRefusedNamedAndGivenUpOnlyOnTheOperatorsWord() throws Exception {
    try (Node node = Node.kvorum()) {
      for (int i = 0; i < 20; i++) {
        put(node, "key " + i);
      }
      assertThat(tool(node, "check").code()).as("while the server runs").isEqualTo(6);
      node.process().killHard();
      assertThat(tool(node, "check").code()).isZero();

      // The state store is gone as well, so nobody has what the journal loses.
      Scratch.delete(node.dataDirectory().resolve("state"));
      rot(node.dataDirectory(), "key 10");
      node.restartWithoutWaiting();
      assertThat(node.process().awaitExit(PATIENCE)).isNotZero();
      assertThat(node.process().endOfLog()).contains("--discard-from");

      Ended check = tool(node, "check");
      assertThat(check.code()).as(check.output()).isEqualTo(4);
      Matcher named = DISCARD_FROM.matcher(check.output());
      assertThat(named.find()).as(check.output()).isTrue();
      long index = Long.parseLong(named.group(1));
      assertThat(tool(node, "repair", "--discard-from", String.valueOf(index - 1)).code())
          .isEqualTo(4);
      Ended repair = tool(node, "repair", "--discard-from", String.valueOf(index));
      assertThat(repair.code()).as(repair.output()).isZero();
      assertThat(Files.readString(node.dataDirectory().resolve("audit")))
          .contains("gives up the log from index " + index);

      node.restart();
      assertThat(count(node, "key 9")).isEqualTo(1);
      assertThat(count(node, "key 10")).isZero();
      assertThat(count(node, "key 19")).isZero();
      put(node, "key 10");
      assertThat(count(node, "key 10")).isEqualTo(1);
    }
  }

  private static void put(Node node, String key) throws Exception {
    ByteString bytes = ByteString.copyFromUtf8(key);
    PutRequest put = PutRequest.newBuilder().setKey(bytes).setValue(bytes).build();
    node.client().await(Methods.PUT, put, PATIENCE);
  }

  private static long count(Node node, String key) throws Exception {
    RangeRequest range = RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build();
    return node.client().await(Methods.RANGE, range, PATIENCE).getCount();
  }

  /** Changes one bit of the entry that puts the key. */
  private static void rot(Path data, String key) throws IOException {
    Path segment = data.resolve("journal/0000000001.seg");
    String content = new String(Files.readAllBytes(segment), StandardCharsets.ISO_8859_1);
    int at = content.indexOf(key);
    assertThat(at).as("the entry of " + key).isPositive();
    try (RandomAccessFile bytes = new RandomAccessFile(segment.toFile(), "rw")) {
      bytes.seek(at);
      bytes.write(content.charAt(at) ^ 1);
    }
  }

  private static Ended tool(Node node, String command, String... more) throws Exception {
    List<String> line = new ArrayList<>();
    line.add(node.plan().program().toString());
    line.add(command);
    line.add("--data-dir=" + node.dataDirectory());
    line.addAll(List.of(more));
    Path output = node.freshPath("tool");
    Process process =
        new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Ended(process.exitValue(), Files.readString(output));
  }
}
