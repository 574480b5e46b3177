package dev.kvorum.grpc;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads the {@code grpc-timeout} header: one to eight digits and a unit. Our own, because deadlines
 * far below a millisecond are legal and must hold.
 */
final class GrpcTimeout {
  /** What {@link #parseNanos} says of text that is no timeout. */
  static final long MALFORMED = -1;

  private static final int MAX_DIGITS = 8;

  private GrpcTimeout() {}

  /** Nanoseconds, clamped to the largest long, or {@link #MALFORMED}. */
  static long parseNanos(String text) {
    var digits = text.length() - 1;
    if (digits < 1 || digits > MAX_DIGITS) {
      return MALFORMED;
    }
    var unit = unit(text.charAt(digits));
    if (unit == null) {
      return MALFORMED;
    }
    var amount = 0L;
    for (var i = 0; i < digits; i++) {
      var digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return MALFORMED;
      }
      amount = amount * 10 + digit;
    }
    return unit.toNanos(amount);
  }

  private static @Nullable TimeUnit unit(char letter) {
    return switch (letter) {
      case 'H' -> TimeUnit.HOURS;
      case 'M' -> TimeUnit.MINUTES;
      case 'S' -> TimeUnit.SECONDS;
      case 'm' -> TimeUnit.MILLISECONDS;
      case 'u' -> TimeUnit.MICROSECONDS;
      case 'n' -> TimeUnit.NANOSECONDS;
      default -> null;
    };
  }
}
