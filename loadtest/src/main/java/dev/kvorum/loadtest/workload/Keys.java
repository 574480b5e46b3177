package dev.kvorum.loadtest.workload;

import com.google.protobuf.ByteString;
import java.util.Locale;

/** The keys and values that the loads use. */
final class Keys {
  private Keys() {}

  static ByteString key(int number) {
    return ByteString.copyFromUtf8(String.format(Locale.ROOT, "/load/key-%08d", number));
  }

  static ByteString value(int bytes) {
    return ByteString.copyFromUtf8("v".repeat(bytes));
  }
}
