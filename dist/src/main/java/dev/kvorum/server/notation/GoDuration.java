package dev.kvorum.server.notation;

import java.time.Duration;

/**
 * Durations as Go writes and reads them: {@code 1h30m0s}, {@code 1.5s}, {@code 100ms}. A duration
 * is a count of nanoseconds in 64 bits.
 */
public final class GoDuration {
  private static final long MICROSECOND = 1_000;
  private static final long MILLISECOND = 1_000 * MICROSECOND;
  private static final long SECOND = 1_000 * MILLISECOND;
  private static final long MINUTE = 60 * SECOND;
  private static final long HOUR = 60 * MINUTE;

  private GoDuration() {}

  /** The text of a duration; one beyond 292 years shows as 292 years. */
  public static String format(Duration duration) {
    try {
      return format(duration.toNanos());
    } catch (ArithmeticException _) {
      return format(duration.isNegative() ? Long.MIN_VALUE : Long.MAX_VALUE);
    }
  }

  /** The text of so many nanoseconds: the largest unit below a second, or hours to seconds. */
  public static String format(long nanos) {
    if (nanos == 0) {
      return "0s";
    }
    var text = new StringBuilder(24);
    if (nanos < 0) {
      text.append('-');
    }
    // Long.MIN_VALUE has no opposite, but reads right as an unsigned number.
    long magnitude = nanos < 0 ? -nanos : nanos;
    if (Long.compareUnsigned(magnitude, SECOND) < 0) {
      if (magnitude < MICROSECOND) {
        return text.append(magnitude).append("ns").toString();
      }
      var micros = magnitude < MILLISECOND;
      appendDecimal(text, magnitude, micros ? MICROSECOND : MILLISECOND);
      return text.append(micros ? "µs" : "ms").toString();
    }
    long hours = Long.divideUnsigned(magnitude, HOUR);
    long minutes = Long.remainderUnsigned(magnitude, HOUR) / MINUTE;
    if (hours > 0) {
      text.append(hours).append('h');
    }
    if (hours > 0 || minutes > 0) {
      text.append(minutes).append('m');
    }
    appendDecimal(text, Long.remainderUnsigned(magnitude, MINUTE), SECOND);
    return text.append('s').toString();
  }

  private static void appendDecimal(StringBuilder text, long nanos, long unit) {
    text.append(nanos / unit);
    long fraction = nanos % unit;
    if (fraction != 0) {
      int end = text.length();
      text.append(unit + fraction).setCharAt(end, '.');
      while (text.charAt(text.length() - 1) == '0') {
        text.setLength(text.length() - 1);
      }
    }
  }

  /** The nanoseconds that the text says. */
  public static long parse(String text) throws NotationException {
    var negative = text.startsWith("-");
    int at = negative || text.startsWith("+") ? 1 : 0;
    if (text.substring(at).equals("0")) {
      return 0;
    }
    if (at == text.length()) {
      throw invalid(text);
    }
    long nanos = 0;
    try {
      while (at < text.length()) {
        int wholeEnd = endOfDigits(text, at);
        int fractionEnd = wholeEnd;
        if (wholeEnd < text.length() && text.charAt(wholeEnd) == '.') {
          fractionEnd = endOfDigits(text, wholeEnd + 1);
        }
        var fraction = fractionEnd > wholeEnd ? text.substring(wholeEnd + 1, fractionEnd) : "";
        if (wholeEnd == at && fraction.isEmpty()) {
          throw invalid(text);
        }
        int unitEnd = endOfUnit(text, fractionEnd);
        long unit = unitNanos(text, text.substring(fractionEnd, unitEnd));
        long whole = wholeEnd == at ? 0 : Long.parseLong(text.substring(at, wholeEnd));
        nanos = Math.addExact(nanos, Math.multiplyExact(whole, unit));
        nanos = Math.addExact(nanos, fractionNanos(fraction, unit));
        at = unitEnd;
      }
    } catch (ArithmeticException | NumberFormatException _) {
      throw invalid(text);
    }
    return negative ? -nanos : nanos;
  }

  private static int endOfDigits(String text, int from) {
    int at = from;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    return at;
  }

  private static int endOfUnit(String text, int from) {
    int at = from;
    while (at < text.length()
        && text.charAt(at) != '.'
        && (text.charAt(at) < '0' || text.charAt(at) > '9')) {
      at++;
    }
    return at;
  }

  private static long unitNanos(String text, String unit) throws NotationException {
    return switch (unit) {
      case "ns" -> 1;
      case "us", "µs", "μs" -> MICROSECOND; // the micro sign and the Greek letter
      case "ms" -> MILLISECOND;
      case "s" -> SECOND;
      case "m" -> MINUTE;
      case "h" -> HOUR;
      case "" ->
          throw new NotationException(
              "time: missing unit in duration " + GoText.quoted(text), false);
      default ->
          throw new NotationException(
              "time: unknown unit " + GoText.quoted(unit) + " in duration " + GoText.quoted(text),
              false);
    };
  }

  /**
   * Digits after the point, in nanoseconds; what is smaller than one is dropped. In floating point,
   * as Go does it: a fraction of an hour is no whole number of nanoseconds.
   */
  private static long fractionNanos(String digits, long unit) {
    long fraction = 0;
    double scale = 1;
    for (int i = 0; i < digits.length() && fraction < Long.MAX_VALUE / 10; i++) {
      fraction = fraction * 10 + (digits.charAt(i) - '0');
      scale *= 10;
    }
    return (long) (fraction * (unit / scale));
  }

  private static NotationException invalid(String text) {
    return new NotationException("time: invalid duration " + GoText.quoted(text), false);
  }
}
