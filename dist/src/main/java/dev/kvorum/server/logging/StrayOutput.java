package dev.kvorum.server.logging;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.slf4j.LoggerFactory;

/**
 * Takes the place of {@code System.out} or {@code System.err} and logs what is printed there, line
 * by line. A library that prints must not break the shape of our output, nor may its words be lost.
 */
final class StrayOutput extends OutputStream {
  /** Set while a line is being logged: what logging itself prints has nowhere to go. */
  private static final ThreadLocal<Boolean> LOGGING = ThreadLocal.withInitial(() -> false);

  private final String name;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();

  private StrayOutput(String name) {
    this.name = name;
  }

  static PrintStream stream(String name) {
    return new PrintStream(new StrayOutput(name), false, StandardCharsets.UTF_8);
  }

  @Override
  public synchronized void write(int octet) {
    if (octet != '\n') {
      line.write(octet);
      return;
    }
    var text = line.toString(StandardCharsets.UTF_8);
    line.reset();
    if (!text.isBlank() && !LOGGING.get()) {
      LOGGING.set(true);
      try {
        LoggerFactory.getLogger(StrayOutput.class)
            .atWarn()
            .addKeyValue("stream", name)
            .addKeyValue("line", text)
            .log("a library printed");
      } finally {
        LOGGING.set(false);
      }
    }
  }
}
