package dev.kvorum.server.logging;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import org.slf4j.LoggerFactory;

/**
 * Passes on what the JDK and its libraries log by {@code java.util.logging}. Public, with {@link
 * Setup}, because the JDK makes both by their names.
 */
public final class JulToSlf4j extends Handler {
  /**
   * Named by the property {@code java.util.logging.config.class}: made when the JDK's logging is
   * first used, to say that its only handler is ours.
   */
  public static final class Setup {
    public Setup() throws IOException {
      var configuration = "handlers=" + JulToSlf4j.class.getName() + "\n.level=INFO\n";
      LogManager.getLogManager()
          .readConfiguration(
              new ByteArrayInputStream(configuration.getBytes(StandardCharsets.ISO_8859_1)));
    }
  }

  private final SimpleFormatter formatter = new SimpleFormatter();

  @Override
  public void publish(LogRecord record) {
    var name = record.getLoggerName();
    var logger = LoggerFactory.getLogger(name == null ? JulToSlf4j.class.getName() : name);
    var level = record.getLevel().intValue();
    var line =
        level >= Level.SEVERE.intValue()
            ? logger.atError()
            : level >= Level.WARNING.intValue()
                ? logger.atWarn()
                : level >= Level.INFO.intValue() ? logger.atInfo() : logger.atDebug();
    line.setCause(record.getThrown())
        .addKeyValue("logger", name)
        .log(formatter.formatMessage(record));
  }

  @Override
  public void flush() {
    // Every line is written at once.
  }

  @Override
  public void close() {
    // Nothing is held.
  }
}
