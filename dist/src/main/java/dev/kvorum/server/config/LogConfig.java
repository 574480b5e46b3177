package dev.kvorum.server.config;

import java.util.List;

/**
 * Which log lines are written, in which form and where to.
 *
 * @param outputs each {@code stdout}, {@code stderr}, {@code default} (stderr), {@code
 *     systemd/journal} or the path of a file to append to
 */
public record LogConfig(Level level, Format format, List<String> outputs) {
  /** What holds until the configuration is read. */
  public static final LogConfig DEFAULT =
      new LogConfig(Level.INFO, Format.JSON, List.of("default"));

  /** Lines of a lower level are not written. */
  public enum Level {
    DEBUG,
    INFO,
    WARN,
    ERROR,
    DPANIC,
    PANIC,
    FATAL
  }

  /** Form of a line. */
  public enum Format {
    JSON,
    CONSOLE
  }

  public LogConfig {
    outputs = List.copyOf(outputs);
  }
}
