package dev.kvorum.server.config;

import java.util.List;
import org.slf4j.event.KeyValuePair;

/**
 * A line to log once there is a logger.
 *
 * @param fields in the order of the line
 */
public record Note(Severity severity, String message, List<KeyValuePair> fields) {
  /** How bad it is; after a fatal note the program ends. */
  public enum Severity {
    INFO,
    WARN,
    FATAL
  }

  public Note {
    fields = List.copyOf(fields);
  }

  static Note of(Severity severity, String message, KeyValuePair... fields) {
    return new Note(severity, message, List.of(fields));
  }
}
