package dev.kvorum.server.logging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class JournalStreamTest {
  private Path directory;
  private Path socket;

  /** Not a directory of the test framework: the path of a socket must be short. */
  @BeforeEach
  void choosePath() throws IOException {
    directory = Files.createTempDirectory(Path.of("/tmp"), "journal");
    socket = directory.resolve("stdout");
  }

  @AfterEach
  void removePath() throws IOException {
    Files.deleteIfExists(socket);
    Files.delete(directory);
  }

  @Test
  void linesFollowTheHeaderEachWithItsPriority() throws IOException {
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      try (var stream = JournalStream.open(socket)) {
        for (var line :
            new String[] {
              "{\"level\":\"error\",\"msg\":\"a\"}\n",
              "{\"level\":\"warn\",\"msg\":\"b\"}\n",
              "{\"level\":\"info\",\"msg\":\"is an \\\"error\\\"\"}\n",
              "2026-07-23T10:11:12.123456Z\tdebug\tdir/A.java:1\td\n"
            }) {
          stream.write(line.getBytes(StandardCharsets.UTF_8));
        }
      }
      try (var journal = server.accept()) {
        var text =
            new String(Channels.newInputStream(journal).readAllBytes(), StandardCharsets.UTF_8);
        assertThat(text)
            .isEqualTo(
                """
                kvorum

                6
                1
                0
                0
                0
                <3>{"level":"error","msg":"a"}
                <4>{"level":"warn","msg":"b"}
                <6>{"level":"info","msg":"is an \\"error\\""}
                <7>2026-07-23T10:11:12.123456Z	debug	dir/A.java:1	d
                """);
      }
    }
  }

  @Test
  void withoutAJournalThereIsNoStream() {
    assertThatThrownBy(() -> JournalStream.open(socket))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("can't find systemd journal");
  }
}
