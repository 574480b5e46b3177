package dev.kvorum.grpc;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * The form in which {@code grpc-message} carries text: printable ASCII, the rest as {@code %XX}.
 */
final class PercentEncoding {
  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private PercentEncoding() {}

  static String encode(String text) {
    for (var i = 0; i < text.length(); i++) {
      if (!isPlain(text.charAt(i))) {
        return encodeBytes(text.getBytes(StandardCharsets.UTF_8));
      }
    }
    return text;
  }

  private static String encodeBytes(byte[] bytes) {
    var encoded = new StringBuilder(bytes.length * 2);
    for (var b : bytes) {
      if (isPlain(b)) {
        encoded.append((char) b);
      } else {
        encoded.append('%').append(HEX.toHexDigits(b));
      }
    }
    return encoded.toString();
  }

  private static boolean isPlain(int character) {
    return character >= ' ' && character <= '~' && character != '%';
  }
}
