package dev.kvorum.foreign.etcdctl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.foreign.BidiStream;
import dev.kvorum.foreign.Node;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code etcdctl watch}, {@code lease}, {@code lock} and {@code elect}. */
class EtcdctlStreamsIT {
  /** A client's pauses between attempts to connect grow, the longer a start takes. */
  private static final Duration RECONNECTED = Duration.ofMinutes(2);

  /** Shorter ones may end on a busy machine before the next command has begun. */
  private static final String SHORT_TTL = "15";

  private Node node;
  private Etcdctl etcdctl;
  private final List<Process> background = new ArrayList<>();

  @BeforeEach
  void start() throws InterruptedException {
    node = Node.kvorum();
    etcdctl = new Etcdctl(node);
  }

  @AfterEach
  void stop() {
    background.forEach(Process::destroyForcibly);
    node.close();
  }

  @Test
  void watchShowsHistoryAndWhatWasBefore() throws Exception {
    etcdctl.succeed("put", "foo1", "a");
    etcdctl.succeed("put", "foo1", "b");
    Path shown = run("watch", "foo", "--prefix", "--prev-kv", "--rev=2");
    await(shown, "PUT\nfoo1\na\nPUT\nfoo1\na\nfoo1\nb\n");
    etcdctl.succeed("del", "foo1");

    await(shown, "PUT\nfoo1\na\nPUT\nfoo1\na\nfoo1\nb\nDELETE\nfoo1\nb\nfoo1\n\n");
  }

  /** Neither an orderly end nor a kill ends a client's watch. */
  @Test
  void aWatchGoesOnWhenTheServerIsRestarted() throws Exception {
    Path shown = run("watch", "foo");
    assertThat(
            BidiStream.await(
                () -> {
                  put("0");
                  return !read(shown).isEmpty();
                }))
        .isTrue();

    node.process().terminate();
    node.process().awaitExit(Node.START_PATIENCE);
    node.restart();
    put("1");
    assertThat(BidiStream.await(() -> read(shown).endsWith("PUT\nfoo\n1\n"), RECONNECTED))
        .as(read(shown))
        .isTrue();

    node.process().killHard();
    node.restart();
    put("2");
    assertThat(BidiStream.await(() -> read(shown).endsWith("1\nPUT\nfoo\n2\n"), RECONNECTED))
        .as(read(shown))
        .isTrue();
  }

  private void put(String value) {
    try {
      etcdctl.succeed("put", "foo", value);
    } catch (InterruptedException interrupt) {
      throw new IllegalStateException(interrupt);
    }
  }

  @Test
  void watchRunsACommandForEachEvent() throws Exception {
    etcdctl.succeed("put", "foo", "a");
    Path shown =
        run(
            "watch",
            "foo",
            "--rev=2",
            "--",
            "sh",
            "-c",
            "echo $ETCD_WATCH_EVENT_TYPE $ETCD_WATCH_KEY $ETCD_WATCH_VALUE $ETCD_WATCH_REVISION");

    await(shown, "PUT\nfoo\na\n\"PUT\" \"foo\" \"a\" 2\n");
  }

  @Test
  void watchTakesSeveralRangesFromItsInput() throws Exception {
    etcdctl.succeed("put", "a", "1");
    etcdctl.succeed("put", "b", "2");
    Path shown = run("watch", "-i");
    // Not a file: at the end of its input etcdctl stops watching.
    try (Writer input = background.getLast().outputWriter()) {
      input.write("watch a --rev=2\nwatch b --rev=2\n");
      input.flush();
      awaitBoth(shown);
    }
  }

  private static void awaitBoth(Path shown) throws InterruptedException {

    assertThat(BidiStream.await(() -> read(shown).contains("PUT\na\n1\n"))).isTrue();
    assertThat(BidiStream.await(() -> read(shown).contains("PUT\nb\n2\n"))).isTrue();
  }

  @Test
  void leaseCommands() throws InterruptedException {
    String id = etcdctl.succeed("lease", "grant", "600").split(" ", -1)[1];
    etcdctl.succeed("put", "a", "1", "--lease=" + id);
    assertThat(etcdctl.succeed("lease", "list")).isEqualTo("found 1 leases\n" + id + "\n");
    assertThat(etcdctl.succeed("lease", "timetolive", id, "--keys"))
        .matches(
            "lease "
                + id
                + " granted with TTL\\(600s\\), remaining\\(5\\d\\ds\\), "
                + "attached keys\\(\\[a]\\)\n");
    assertThat(etcdctl.succeed("lease", "keep-alive", "--once", id))
        .isEqualTo("lease " + id + " keepalived with TTL(600)\n");
    assertThat(etcdctl.succeed("lease", "revoke", id)).isEqualTo("lease " + id + " revoked\n");
    assertThat(etcdctl.succeed("lease", "timetolive", id))
        .isEqualTo("lease " + id + " already expired\n");
    assertThat(etcdctl.succeed("get", "a")).isEmpty();
    assertThat(etcdctl.fail("lease", "revoke", id)).contains("requested lease not found");
  }

  /** Four answers, a third of the time apart: as long as the lease lasts by itself. */
  @Test
  void leaseIsKeptAliveUntilTheCommandIsStopped() throws Exception {
    String id = etcdctl.succeed("lease", "grant", SHORT_TTL).split(" ", -1)[1];
    Path shown = run("lease", "keep-alive", id);
    String line = "lease " + id + " keepalived with TTL(" + SHORT_TTL + ")\n";
    assertThat(BidiStream.await(() -> read(shown).startsWith(line.repeat(4)))).isTrue();
    background.getLast().destroy();

    assertThat(
            BidiStream.await(
                () -> {
                  try {
                    return etcdctl
                        .succeed("lease", "timetolive", id)
                        .equals("lease " + id + " already expired\n");
                  } catch (InterruptedException interrupt) {
                    throw new IllegalStateException(interrupt);
                  }
                }))
        .isTrue();
  }

  @Test
  void lockShowsItsKeyAndIsReleasedWhenTheCommandIsStopped() throws Exception {
    Path first = run("lock", "l");
    assertThat(BidiStream.await(() -> read(first).matches("l/[0-9a-f]+\n\n"))).isTrue();
    Path second = run("lock", "l");
    assertThat(BidiStream.await(() -> etcdctlKeys("l/") == 2)).isTrue();
    assertThat(read(second)).isEmpty();
    background.getFirst().destroy();

    assertThat(BidiStream.await(() -> read(second).matches("l/[0-9a-f]+\n\n"))).isTrue();
    assertThat(read(second)).isNotEqualTo(read(first));
  }

  private long etcdctlKeys(String prefix) {
    try {
      return etcdctl
          .succeed("get", prefix, "--prefix", "--keys-only")
          .lines()
          .filter(line -> !line.isEmpty())
          .count();
    } catch (InterruptedException interrupt) {
      throw new IllegalStateException(interrupt);
    }
  }

  @Test
  void lockEndsAsItsCommandDoes() throws InterruptedException {
    assertThat(etcdctl.run("", "lock", "l", "--ttl=60", "--", "sh", "-c", "exit 7").exit())
        .isEqualTo(7);
    assertThat(etcdctlKeys("l/")).isZero();
  }

  @Test
  void watchOfARangeSeesTheKeysInItAlone() throws Exception {
    Path shown = run("watch", "b", "d", "--rev=1", "--progress-notify");
    for (String key : List.of("a", "b", "c", "d")) {
      etcdctl.succeed("put", key, "1");
    }

    await(shown, "PUT\nb\n1\nPUT\nc\n1\n");
  }

  @Test
  void lockRunsItsCommandAloneAndInTurn() throws Exception {
    Path log = Files.createFile(node.freshPath("log"));
    String script = "echo in >> " + log + "; echo out >> " + log;
    for (int count = 0; count < 5; count++) {
      run("lock", "l", "--", "sh", "-c", script);
    }

    await(log, "in\nout\n".repeat(5));
  }

  @Test
  void electShowsTheLeaderAndTheNextOne() throws Exception {
    Path first = run("elect", "e", "one");
    assertThat(BidiStream.await(() -> read(first).endsWith("one\n"))).isTrue();
    Path listened = run("elect", "-l", "e");
    assertThat(BidiStream.await(() -> read(listened).endsWith("one\n"))).isTrue();
    Path second = run("elect", "e", "two");
    assertThat(BidiStream.await(() -> etcdctlKeys("e/") == 2)).isTrue();
    background.getFirst().destroy();

    assertThat(BidiStream.await(() -> read(second).endsWith("two\n"))).isTrue();
    assertThat(BidiStream.await(() -> read(listened).endsWith("two\n"))).isTrue();
  }

  private static void await(Path file, String text) throws InterruptedException {
    BidiStream.await(() -> read(file).equals(text));
    assertThat(read(file)).isEqualTo(text);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** Starts a command that does not end by itself; returns the file that it prints to. */
  private Path run(String... arguments) throws IOException {
    Path output = node.freshPath("out");
    background.add(
        new ProcessBuilder(etcdctl.command(arguments))
            .redirectOutput(output.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start());
    return output;
  }
}
