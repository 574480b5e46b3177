package dev.kvorum.server.notation;

/**
 * Numbers and truth values as Go's {@code strconv} reads them with base 0: {@code 0x}, {@code 0o},
 * {@code 0} and {@code 0b} choose the base, and {@code _} may stand between digits when they do or
 * after them.
 */
public final class GoNumber {
  private static final String SYNTAX = "invalid syntax";
  private static final String RANGE = "value out of range";

  private GoNumber() {}

  /** A number of 64 bits with a sign. */
  public static long parseSigned(String text) throws NotationException {
    var signed = text.startsWith("-") || text.startsWith("+");
    var negative = text.startsWith("-");
    long magnitude = magnitude("ParseInt", text, signed ? text.substring(1) : text);
    var smallest = negative && magnitude == Long.MIN_VALUE;
    if (magnitude < 0 && !smallest) {
      throw outOfRange("ParseInt", text);
    }
    return negative ? -magnitude : magnitude;
  }

  /** A number of {@code bits} bits without a sign; with 64 bits it may look negative. */
  public static long parseUnsigned(String text, int bits) throws NotationException {
    var number = magnitude("ParseUint", text, text);
    if (bits < Long.SIZE && number >>> bits != 0) {
      throw outOfRange("ParseUint", text);
    }
    return number;
  }

  /** One of the words that Go has for true and false. */
  public static boolean parseBool(String text) throws NotationException {
    return switch (text) {
      case "1", "t", "T", "true", "TRUE", "True" -> true;
      case "0", "f", "F", "false", "FALSE", "False" -> false;
      default -> throw invalid("ParseBool", text);
    };
  }

  private static long magnitude(String function, String text, String number)
      throws NotationException {
    int base = 10;
    int start = 0;
    if (number.length() > 1 && number.charAt(0) == '0') {
      base =
          switch (number.charAt(1)) {
            case 'x', 'X' -> 16;
            case 'b', 'B' -> 2;
            default -> 8;
          };
      start = Character.isLetter(number.charAt(1)) ? 2 : 1;
    }
    var digits = new StringBuilder(number.length());
    var afterDigit = start > 0;
    for (int i = start; i < number.length(); i++) {
      var c = number.charAt(i);
      if (c == '_') {
        if (!afterDigit) {
          throw invalid(function, text);
        }
        afterDigit = false;
      } else if (c < 0x80 && Character.digit(c, base) >= 0) {
        digits.append(c);
        afterDigit = true;
      } else {
        throw invalid(function, text);
      }
    }
    if (digits.isEmpty() || !afterDigit) {
      throw invalid(function, text);
    }
    try {
      return Long.parseUnsignedLong(digits.toString(), base);
    } catch (NumberFormatException _) {
      throw outOfRange(function, text);
    }
  }

  private static NotationException invalid(String function, String text) {
    return new NotationException(message(function, text, SYNTAX), false);
  }

  private static NotationException outOfRange(String function, String text) {
    return new NotationException(message(function, text, RANGE), true);
  }

  private static String message(String function, String text, String reason) {
    return "strconv." + function + ": parsing " + GoText.quoted(text) + ": " + reason;
  }
}
