package dev.kvorum.grpc;

/** Text from a stranger inside of a message: quoted, printable and of bounded length. */
final class Quoted {
  private static final int MAX_CHARACTERS = 256;

  private Quoted() {}

  static String of(String text) {
    var quoted = new StringBuilder(text.length() + 2).append('"');
    for (var i = 0; i < text.length() && i < MAX_CHARACTERS; i++) {
      var c = text.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c >= ' ' && c < 0x7f) {
        quoted.append(c);
      } else {
        quoted.append("\\u").append(Integer.toHexString(0x10000 | c), 1, 5);
      }
    }
    return quoted.append(text.length() > MAX_CHARACTERS ? "…\"" : "\"").toString();
  }
}
