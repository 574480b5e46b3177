package dev.kvorum.server.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;

/** Stacks and places in code, in the form of Go's: a function, and under it its file and line. */
final class Stack {
  private Stack() {}

  /** {@code directory/File.java:12}, the directory being the last part of the package. */
  static void appendCaller(StackTraceElement place, StringBuilder line) {
    var type = place.getClassName();
    int end = type.lastIndexOf('.');
    if (end > 0) {
      line.append(type, type.lastIndexOf('.', end - 1) + 1, end).append('/');
    }
    line.append(place.getFileName()).append(':').append(Math.max(0, place.getLineNumber()));
  }

  /** The stack of what was thrown with all its causes, or of the caller when nothing was. */
  static String of(ILoggingEvent event) {
    var text = new StringBuilder(1024);
    var thrown = event.getThrowableProxy();
    if (thrown == null) {
      appendFrames(event.getCallerData(), text);
    } else {
      appendThrown(thrown, text);
    }
    return text.isEmpty() ? "" : text.substring(0, text.length() - 1);
  }

  /** What was thrown, in a line. */
  static String summary(IThrowableProxy thrown) {
    var type = thrown.getClassName();
    var name = type.substring(type.lastIndexOf('.') + 1);
    return thrown.getMessage() == null ? name : name + ": " + thrown.getMessage();
  }

  private static void appendThrown(IThrowableProxy thrown, StringBuilder text) {
    var relation = "";
    for (var at = thrown; at != null; at = at.isCyclic() ? null : at.getCause()) {
      text.append(relation).append(at.getClassName());
      relation = "caused by ";
      text.append(at.getMessage() == null ? "" : ": " + at.getMessage()).append('\n');
      // The frames that a cause shares with what it caused have been shown.
      var frames = at.getStackTraceElementProxyArray();
      for (int i = 0; i < frames.length - at.getCommonFrames(); i++) {
        append(frames[i].getStackTraceElement(), text);
      }
    }
  }

  private static void appendFrames(StackTraceElement[] frames, StringBuilder text) {
    for (var frame : frames) {
      append(frame, text);
    }
  }

  private static void append(StackTraceElement frame, StringBuilder text) {
    text.append(frame.getClassName()).append('.').append(frame.getMethodName()).append("\n\t");
    appendCaller(frame, text);
    text.append('\n');
  }
}
