package dev.kvorum.server.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;

/**
 * A line as etcd's logger (zap) writes it: level, ts, caller and msg, then the fields in their
 * order, then the stack of an error.
 */
final class JsonLine implements LineEncoder.Line {
  private final Timestamps timestamps = new Timestamps();

  @Override
  public void append(ILoggingEvent event, StringBuilder line) {
    line.append("{\"level\":\"").append(level(event)).append("\",\"ts\":\"");
    timestamps.append(event.getInstant(), line);
    var caller = event.getCallerData();
    if (caller.length > 0) {
      line.append("\",\"caller\":\"");
      Stack.appendCaller(caller[0], line);
    }
    line.append("\",\"msg\":");
    Json.appendText(event.getFormattedMessage(), line);
    appendFields(event, ",", ":", line);
    if (hasStack(event)) {
      line.append(",\"stacktrace\":");
      Json.appendText(Stack.of(event), line);
    }
    line.append('}');
  }

  /** The fields, each after {@code separator}; a thrown exception is the field {@code error}. */
  static void appendFields(
      ILoggingEvent event, String separator, String colon, StringBuilder line) {
    var fields = event.getKeyValuePairs();
    if (fields != null) {
      for (var field : fields) {
        line.append(separator);
        Json.appendText(field.key, line);
        line.append(colon);
        Json.appendValue(field.value, line);
      }
    }
    var thrown = event.getThrowableProxy();
    if (thrown != null) {
      line.append(separator).append("\"error\"").append(colon);
      Json.appendText(Stack.summary(thrown), line);
    }
  }

  static String level(ILoggingEvent event) {
    return isFatal(event)
        ? "fatal"
        : switch (event.getLevel().toInt()) {
          case Level.ERROR_INT -> "error";
          case Level.WARN_INT -> "warn";
          case Level.INFO_INT -> "info";
          default -> "debug";
        };
  }

  static boolean isFatal(ILoggingEvent event) {
    var markers = event.getMarkerList();
    return markers != null && markers.contains(Logging.FATAL);
  }

  static boolean hasStack(ILoggingEvent event) {
    return event.getLevel().isGreaterOrEqual(Level.ERROR);
  }
}
