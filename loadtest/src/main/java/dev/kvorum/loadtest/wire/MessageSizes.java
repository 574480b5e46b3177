package dev.kvorum.loadtest.wire;

import io.vertx.core.buffer.Buffer;

/** How large the messages of an answer are that is too large to be kept. */
final class MessageSizes {
  private static final int PREFIX_BYTES = 5;

  /** What came of the next message's prefix. */
  private Buffer prefix = Buffer.buffer(PREFIX_BYTES);

  /** What is missing of the present message. */
  private long missing;

  private long bytes;
  private long largest;

  /** The next part of the answer. */
  void add(Buffer part) {
    bytes += part.length();
    for (int at = 0; at < part.length(); ) {
      int taken;
      if (missing > 0) {
        taken = (int) Math.min(missing, part.length() - at);
        missing -= taken;
      } else {
        taken = Math.min(PREFIX_BYTES - prefix.length(), part.length() - at);
        prefix.appendBuffer(part, at, taken);
      }
      at += taken;
      if (prefix.length() == PREFIX_BYTES) {
        missing = prefix.getInt(1);
        largest = Math.max(largest, missing);
        prefix = Buffer.buffer(PREFIX_BYTES);
      }
    }
  }

  /** All bytes, prefixes included. */
  long bytes() {
    return bytes;
  }

  /** The largest message, of which not everything need have come. */
  long largest() {
    return largest;
  }

  /** Whether the answer ends where a message does. */
  boolean isWhole() {
    return missing == 0 && prefix.length() == 0;
  }
}
