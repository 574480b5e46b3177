package dev.kvorum.storage.backend.xodus;

/**
 * A number as the engine writes it: seven bits a byte, the lowest first, and the highest bit set in
 * the last byte.
 */
final class EngineNumber {
  private EngineNumber() {}

  /** The number that begins at this place. */
  static long value(byte[] bytes, int at) {
    var value = 0L;
    for (var shift = 0; ; shift += 7) {
      var next = bytes[at + shift / 7];
      value |= (next & 0x7fL) << shift;
      if (next < 0) {
        return value;
      }
    }
  }

  /** How many bytes it takes. */
  static int size(byte[] bytes, int at) {
    var end = at;
    while (bytes[end] >= 0) {
      end++;
    }
    return end + 1 - at;
  }
}
