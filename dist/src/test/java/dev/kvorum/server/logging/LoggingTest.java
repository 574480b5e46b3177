package dev.kvorum.server.logging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.server.config.LogConfig;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Contract S25.3. */
class LoggingTest {
  private static final Logger log = LoggerFactory.getLogger(LoggingTest.class);

  @AfterEach
  void restoreDefaults() throws IOException {
    Logging.install(LogConfig.DEFAULT);
  }

  @Test
  void aLineIsOneObjectWithEtcdsKeysInTheirOrder() {
    try (var lines = LogLines.json()) {
      log.atInfo()
          .addKeyValue("member", "a")
          .addKeyValue("took", Duration.ofMillis(1500))
          .log("ok");

      assertThat(lines.texts())
          .singleElement()
          .asString()
          .matches(
              "\\{\"level\":\"info\","
                  + "\"ts\":\"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}(Z|[+-]\\d{4})\","
                  + "\"caller\":\"logging/LoggingTest\\.java:\\d+\","
                  + "\"msg\":\"ok\",\"member\":\"a\",\"took\":\"1\\.5s\"}");
    }
  }

  @Test
  void fieldsKeepTheirKinds() {
    try (var lines = LogLines.json()) {
      log.atWarn()
          .addKeyValue("count", 3)
          .addKeyValue("bytes", 1L << 40)
          .addKeyValue("ratio", 0.5)
          .addKeyValue("unknown", Double.NaN)
          .addKeyValue("leader", true)
          .addKeyValue("none", (Object) null)
          .addKeyValue("urls", List.of("a", "b"))
          .addKeyValue("nothing", List.of())
          .addKeyValue("mixed", Arrays.asList(1, null, Map.of("k", Duration.ZERO)))
          .addKeyValue("path", Path.of("a/b"))
          .log("kinds {}", 7);

      assertThat(lines.texts().getFirst())
          .contains("\"level\":\"warn\"", "\"msg\":\"kinds 7\"")
          .endsWith(
              ",\"count\":3,\"bytes\":1099511627776,\"ratio\":0.5,\"unknown\":\"NaN\",\"leader\":true,"
                  + "\"none\":null,\"urls\":[\"a\",\"b\"],\"nothing\":[],"
                  + "\"mixed\":[1,null,{\"k\":\"0s\"}],\"path\":\"a/b\"}");
    }
  }

  @Test
  void whateverIsInATextTheLineIsOneLineOfValidJson() {
    var nasty = "quote\" back\\ line\n tab\t bell\u0007 lone\ud800 pair\ud83d\ude00 é";
    try (var lines = LogLines.json()) {
      log.atInfo().addKeyValue("text", nasty).log(nasty);

      assertThat(lines.texts()).hasSize(1);
      assertThat(lines.last().getString("text")).isEqualTo(nasty.replace('\ud800', '\ufffd'));
      assertThat(lines.last().getString("msg")).isEqualTo(lines.last().getString("text"));
    }
  }

  @Test
  void anExceptionIsTheFieldErrorAndOnlyErrorsShowTheirStack() {
    var thrown = new IOException("disk gone", new IllegalStateException("cause"));
    try (var lines = LogLines.json()) {
      log.atWarn().setCause(thrown).log("may heal");
      assertThat(lines.last().getString("error")).isEqualTo("IOException: disk gone");
      assertThat(lines.last().containsKey("stacktrace")).isFalse();

      log.atError().setCause(thrown).log("wants a person");
      assertThat(lines.last().getString("level")).isEqualTo("error");
      assertThat(lines.last().getString("stacktrace"))
          .startsWith("java.io.IOException: disk gone\n")
          .contains("LoggingTest.anException", "\n\tlogging/LoggingTest.java:")
          .contains("caused by java.lang.IllegalStateException: cause");
    }
  }

  @Test
  void anErrorWithoutExceptionShowsWhereItWasLogged() {
    try (var lines = LogLines.json()) {
      log.error("wrong");

      assertThat(lines.last().getString("stacktrace"))
          .startsWith(LoggingTest.class.getName() + ".anErrorWithout");
    }
  }

  @Test
  void theFatalMarkerIsALevel() {
    try (var lines = LogLines.json()) {
      log.atError().addMarker(Logging.FATAL).log("the end");

      assertThat(lines.last().getString("level")).isEqualTo("fatal");
    }
  }

  @Test
  void theConsoleFormHasTabsBetweenItsParts() {
    try (var lines = LogLines.console()) {
      log.atInfo().addKeyValue("a", 1).addKeyValue("b", "x").log("text");
      log.info("bare");

      assertThat(lines.texts().get(0))
          .matches(
              ".*Z?\\tinfo\\tlogging/LoggingTest\\.java:\\d+\\ttext\\t\\{\"a\": 1, \"b\": \"x\"}");
      assertThat(lines.texts().get(1)).endsWith("\tbare");
    }
  }

  @Test
  void linesBelowTheLevelAreNotWritten(@TempDir Path directory) throws IOException {
    var file = directory.resolve("log");
    Logging.install(config(LogConfig.Level.WARN, file));
    log.info("no");
    log.warn("yes");
    Logging.install(config(LogConfig.Level.FATAL, file));
    log.error("no");
    log.atError().addMarker(Logging.FATAL).log("yes");
    Logging.install(config(LogConfig.Level.DEBUG, file));
    log.debug("yes");
    LoggerFactory.getLogger("io.netty.buffer").debug("no");

    assertThat(Files.readAllLines(file))
        .hasSize(3)
        .allSatisfy(line -> assertThat(new JsonObject(line).getString("msg")).isEqualTo("yes"));
  }

  @Test
  void anOutputThatCannotBeOpenedLeavesLoggingAsItWas(@TempDir Path directory) {
    try (var lines = LogLines.json()) {
      assertThatThrownBy(
              () -> Logging.install(config(LogConfig.Level.INFO, directory.resolve("no/such/log"))))
          .isInstanceOf(IOException.class);
      log.info("still here");

      assertThat(lines.last().getString("msg")).isEqualTo("still here");
    }
  }

  @Test
  void whatALibraryPrintsBecomesALine() {
    try (var lines = LogLines.json();
        var stream = StrayOutput.stream("stdout")) {
      stream.print("first ");
      stream.printf("half, é%nsecond half%n%n");

      assertThat(lines.texts())
          .extracting(line -> new JsonObject(line).getString("line"))
          .containsExactly("first half, é", "second half");
      assertThat(lines.last().getString("stream")).isEqualTo("stdout");
    }
  }

  @Test
  void theJdksOwnLoggingBecomesLines() {
    var handler = new JulToSlf4j();
    var record = new java.util.logging.LogRecord(java.util.logging.Level.WARNING, "old {0}");
    record.setParameters(new Object[] {"style"});
    record.setLoggerName("sun.something");
    record.setThrown(new IOException("x"));
    try (var lines = LogLines.json()) {
      handler.publish(record);

      assertThat(lines.last().getString("msg")).isEqualTo("old style");
      assertThat(lines.last().getString("level")).isEqualTo("warn");
      assertThat(lines.last().getString("logger")).isEqualTo("sun.something");
      assertThat(lines.last().getString("error")).isEqualTo("IOException: x");
    }
  }

  private static LogConfig config(LogConfig.Level level, Path file) {
    return new LogConfig(level, LogConfig.Format.JSON, List.of(file.toString()));
  }
}
