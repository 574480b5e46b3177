package dev.kvorum.loadtest.crash;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.Locale;

/** The keys and values of numbered writes. */
final class CrashKeys {
  static final String PREFIX = "/crash/";

  /** The smallest key above all keys with the prefix. */
  static final String PREFIX_END = "/crash0";

  private CrashKeys() {}

  /** One key of a put, or two keys of a transaction. */
  static List<ByteString> keys(long number) {
    String base = String.format(Locale.ROOT, PREFIX + "%012d", number);
    return isPair(number)
        ? List.of(ByteString.copyFromUtf8(base + "/a"), ByteString.copyFromUtf8(base + "/b"))
        : List.of(ByteString.copyFromUtf8(base));
  }

  /** The value under every key of the write, of a size that differs from write to write. */
  static ByteString value(long number) {
    return ByteString.copyFromUtf8(number + ":" + "x".repeat((int) (number * 7 % 300)));
  }

  static boolean isPair(long number) {
    return number % 2 == 1;
  }

  /** The number of the write that put this key. */
  static long number(ByteString key) {
    String text = key.toStringUtf8();
    return Long.parseLong(text.substring(PREFIX.length(), PREFIX.length() + 12));
  }
}
