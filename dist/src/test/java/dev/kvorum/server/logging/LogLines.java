package dev.kvorum.server.logging;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Collects what the loggers write while it is open, in place of stderr. */
final class LogLines implements AutoCloseable {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final ch.qos.logback.classic.Logger root;
  private final OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();

  private LogLines(LineEncoder.Line form) {
    var context = (LoggerContext) LoggerFactory.getILoggerFactory();
    root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    var encoder = new LineEncoder(form);
    encoder.setContext(context);
    encoder.start();
    appender.setContext(context);
    appender.setEncoder(encoder);
    appender.setOutputStream(bytes);
    appender.start();
    root.detachAndStopAllAppenders();
    root.addAppender(appender);
  }

  static LogLines json() {
    return new LogLines(new JsonLine());
  }

  static LogLines console() {
    return new LogLines(new ConsoleLine());
  }

  List<String> texts() {
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  /** The last line as JSON. */
  JsonObject last() {
    return new JsonObject(texts().getLast());
  }

  @Override
  public void close() {
    root.detachAppender(appender);
    appender.stop();
  }
}
