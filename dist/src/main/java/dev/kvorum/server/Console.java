package dev.kvorum.server;

import dev.kvorum.server.logging.StandardStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Plain text for a person who asked for it; a running server writes log lines only. */
final class Console {
  static final String USAGE =
      """
      Usage:

        kvorum [flags]
          Start a server.

        kvorum --version
          Show the version.

        kvorum check --data-dir DIR
          Look at the files of a server that does not run; see docs/repair.md.

        kvorum repair --data-dir DIR --discard-from INDEX
          Give up what check names as lost.

        kvorum -h | --help
          Show the flags.
      """;

  private Console() {}

  static String help() {
    return USAGE + "\n" + resource("help.txt");
  }

  static void out(String text) {
    print(StandardStream.out(), text);
  }

  static void err(String text) {
    print(StandardStream.err(), text);
  }

  static String resource(String name) {
    try (var stream = Console.class.getResourceAsStream(name)) {
      if (stream == null) {
        throw new IllegalStateException("the jar has no " + name);
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static void print(OutputStream stream, String text) {
    try {
      stream.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException closed) {
      throw new UncheckedIOException(closed);
    }
  }
}
