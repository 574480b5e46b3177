package dev.kvorum.foreign.etcdctl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.foreign.Node;
import dev.kvorum.foreign.Peers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs etcdctl against one node. */
final class Etcdctl {
  private static final int PATIENCE_SECONDS = 90;

  private final Path program = Peers.etcdctl();
  private final Node node;

  Etcdctl(Node node) {
    this.node = node;
  }

  /**
   * A command and what it needs to reach the node. By itself etcdctl waits for two seconds to
   * connect and for five to be answered, which a busy machine may take.
   */
  List<String> command(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.add("--endpoints=" + node.endpoint());
    command.add("--dial-timeout=60s");
    command.add("--command-timeout=60s");
    command.addAll(List.of(arguments));
    return command;
  }

  /** What one command came to. */
  record Result(int exit, String output, String errors) {}

  /** Runs a command that must succeed; returns what it prints. */
  String succeed(String... arguments) throws InterruptedException {
    Result result = run("", arguments);
    assertThat(result.exit()).as(() -> String.join(" ", arguments) + result.errors()).isZero();
    return result.output();
  }

  /** Runs a command that must fail with status 1; returns its last line on stderr. */
  String fail(String... arguments) throws InterruptedException {
    Result result = run("", arguments);
    assertThat(result.exit()).as(() -> String.join(" ", arguments) + result.output()).isOne();
    // Lines before the last are log lines of etcd's client library.
    return result.errors().lines().reduce("", (_, line) -> line);
  }

  /**
   * Runs any command.
   *
   * @param input what it reads
   */
  Result run(String input, String... arguments) throws InterruptedException {
    Path files = node.freshPath("etcdctl");
    try {
      Files.createDirectories(files);
      Path in = Files.writeString(files.resolve("in"), input);
      Path out = files.resolve("out");
      Path err = files.resolve("err");
      Process process =
          new ProcessBuilder(command(arguments))
              .redirectInput(in.toFile())
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      try {
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      } finally {
        process.destroyForcibly();
      }
      return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
