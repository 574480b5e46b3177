package dev.kvorum.server.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;

/** Hands a line to Logback as bytes. */
final class LineEncoder extends EncoderBase<ILoggingEvent> {
  /** One form of a line. */
  interface Line {
    /** Appends the event without an end of line. */
    void append(ILoggingEvent event, StringBuilder line);
  }

  private static final byte[] NOTHING = {};

  private final Line form;

  LineEncoder(Line form) {
    this.form = form;
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    var line = new StringBuilder(256);
    form.append(event, line);
    return line.append('\n').toString().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public byte[] headerBytes() {
    return NOTHING;
  }

  @Override
  public byte[] footerBytes() {
    return NOTHING;
  }
}
