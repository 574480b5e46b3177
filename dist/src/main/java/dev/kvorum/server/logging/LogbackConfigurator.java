package dev.kvorum.server.logging;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.core.spi.ContextAwareBase;
import dev.kvorum.server.config.LogConfig;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Found by Logback as a service when the first logger is made. It ends the search: no XML is looked
 * for, and no line is ever written in another shape.
 */
public final class LogbackConfigurator extends ContextAwareBase implements Configurator {
  @Override
  public ExecutionStatus configure(LoggerContext context) {
    try {
      Logging.install(context, LogConfig.DEFAULT);
    } catch (IOException impossible) {
      throw new UncheckedIOException("stderr needs no opening", impossible);
    }
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
