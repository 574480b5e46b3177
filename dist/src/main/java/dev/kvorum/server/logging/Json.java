package dev.kvorum.server.logging;

import dev.kvorum.server.notation.GoDuration;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes values as JSON the way zap does: durations as Go's text, what is unknown as text. */
final class Json {
  private static final String HEX = "0123456789abcdef";

  private Json() {}

  static void appendValue(@Nullable Object value, StringBuilder json) {
    switch (value) {
      case null -> json.append("null");
      case Boolean truth -> json.append(truth.booleanValue());
      case Double number -> appendDouble(number, json);
      case Float number -> appendDouble(number.doubleValue(), json);
      case Number number -> json.append(number);
      case Duration duration -> appendText(GoDuration.format(duration), json);
      case Collection<?> values -> appendAll(values, json);
      case Map<?, ?> map -> appendMap(map, json);
      case Throwable thrown -> appendText(thrown.toString(), json);
      default -> appendText(value.toString(), json);
    }
  }

  private static void appendDouble(double number, StringBuilder json) {
    if (Double.isFinite(number)) {
      json.append(number);
    } else {
      json.append('"').append(number).append('"');
    }
  }

  private static void appendAll(Collection<?> values, StringBuilder json) {
    var separator = "[";
    for (var value : values) {
      json.append(separator);
      appendValue(value, json);
      separator = ",";
    }
    json.append(values.isEmpty() ? "[]" : "]");
  }

  private static void appendMap(Map<?, ?> map, StringBuilder json) {
    var separator = "{";
    for (var entry : map.entrySet()) {
      json.append(separator);
      appendText(String.valueOf(entry.getKey()), json);
      json.append(':');
      appendValue(entry.getValue(), json);
      separator = ",";
    }
    json.append(map.isEmpty() ? "{}" : "}");
  }

  static void appendText(@Nullable String text, StringBuilder json) {
    json.append('"');
    var characters = text == null ? "null" : text;
    for (int i = 0; i < characters.length(); i++) {
      appendCharacter(characters, i, json);
    }
    json.append('"');
  }

  private static void appendCharacter(String text, int at, StringBuilder json) {
    var c = text.charAt(at);
    switch (c) {
      case '"' -> json.append("\\\"");
      case '\\' -> json.append("\\\\");
      case '\n' -> json.append("\\n");
      case '\r' -> json.append("\\r");
      case '\t' -> json.append("\\t");
      default -> {
        if (c < ' ') {
          json.append("\\u00").append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
        } else if (Character.isSurrogate(c) && !isPaired(text, at)) {
          json.append("\\ufffd");
        } else {
          json.append(c);
        }
      }
    }
  }

  private static boolean isPaired(String text, int at) {
    return Character.isHighSurrogate(text.charAt(at))
        ? at + 1 < text.length() && Character.isLowSurrogate(text.charAt(at + 1))
        : at > 0 && Character.isHighSurrogate(text.charAt(at - 1));
  }
}
