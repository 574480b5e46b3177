package dev.kvorum.server.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import dev.kvorum.server.config.LogConfig;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;
import org.slf4j.MarkerFactory;

/**
 * Sets up what is logged, how and where to.
 *
 * <p>Logback finds no configuration file and needs none: {@link LogbackConfigurator} calls {@link
 * #install} with the defaults when the first logger is made, and the server calls it again with
 * what its flags say.
 */
public final class Logging {
  /** Marks an error after which the process ends; the line's level is {@code fatal}. */
  public static final Marker FATAL = MarkerFactory.getMarker("FATAL");

  /** Libraries whose debug lines tell about themselves and not about the store. */
  private static final List<String> CHATTY =
      List.of("io.netty", "io.vertx", "jetbrains.exodus", "kotlin");

  private Logging() {}

  /** Sets up logging as configured; throws when a file or the journal cannot be opened. */
  public static void install(LogConfig config) throws IOException {
    install((LoggerContext) LoggerFactory.getILoggerFactory(), config);
  }

  /**
   * Sends to the log what would reach the console past it: prints to {@code System.out} and {@code
   * System.err}, exceptions that nobody caught, and the JDK's own logging.
   */
  public static void captureStrayOutput() {
    System.setOut(StrayOutput.stream("stdout"));
    System.setErr(StrayOutput.stream("stderr"));
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, thrown) ->
            LoggerFactory.getLogger(Logging.class)
                .atError()
                .addKeyValue("thread", thread.getName())
                .setCause(thrown)
                .log("uncaught exception"));
    // Read when java.util.logging is first used, which in most runs is never.
    System.setProperty("java.util.logging.config.class", JulToSlf4j.Setup.class.getName());
  }

  static void install(LoggerContext context, LogConfig config) throws IOException {
    var root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    var appenders = new ArrayList<OutputStreamAppender<ILoggingEvent>>();
    for (var output : config.outputs()) {
      appenders.add(appender(context, config, output));
    }
    root.detachAndStopAllAppenders();
    root.setLevel(level(config.level()));
    CHATTY.forEach(name -> atLeastWarn(context.getLogger(name), root.getLevel()));
    appenders.forEach(root::addAppender);
  }

  private static void atLeastWarn(Logger logger, Level configured) {
    logger.setLevel(configured.isGreaterOrEqual(Level.WARN) ? configured : Level.WARN);
  }

  private static OutputStreamAppender<ILoggingEvent> appender(
      LoggerContext context, LogConfig config, String output) throws IOException {
    var encoder =
        switch (config.format()) {
          case JSON -> new LineEncoder(new JsonLine());
          case CONSOLE -> new LineEncoder(new ConsoleLine());
        };
    encoder.setContext(context);
    encoder.start();
    var appender = new OutputStreamAppender<ILoggingEvent>();
    appender.setContext(context);
    appender.setName(output);
    appender.setEncoder(encoder);
    appender.setOutputStream(open(output));
    if (config.level().compareTo(LogConfig.Level.ERROR) > 0) {
      appender.addFilter(new FatalOnly());
    }
    appender.start();
    return appender;
  }

  private static OutputStream open(String output) throws IOException {
    return switch (output) {
      case "stdout" -> StandardStream.out();
      case "default", "stderr" -> StandardStream.err();
      case "systemd/journal" -> JournalStream.open(JournalStream.SOCKET);
      default -> new FileOutputStream(output, true);
    };
  }

  private static Level level(LogConfig.Level level) {
    return switch (level) {
      case DEBUG -> Level.DEBUG;
      case INFO -> Level.INFO;
      case WARN -> Level.WARN;
      case ERROR, DPANIC, PANIC, FATAL -> Level.ERROR;
    };
  }
}
