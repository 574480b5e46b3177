package dev.kvorum.server.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;

/** A line for eyes: the same parts between tabs, the fields as JSON, the stack on lines below. */
final class ConsoleLine implements LineEncoder.Line {
  private final Timestamps timestamps = new Timestamps();

  @Override
  public void append(ILoggingEvent event, StringBuilder line) {
    timestamps.append(event.getInstant(), line);
    line.append('\t').append(JsonLine.level(event)).append('\t');
    var caller = event.getCallerData();
    if (caller.length > 0) {
      Stack.appendCaller(caller[0], line);
      line.append('\t');
    }
    line.append(event.getFormattedMessage());
    int start = line.length();
    JsonLine.appendFields(event, ", ", ": ", line);
    if (line.length() > start) {
      line.replace(start, start + 2, "\t{").append('}');
    }
    if (JsonLine.hasStack(event)) {
      line.append('\n').append(Stack.of(event));
    }
  }
}
