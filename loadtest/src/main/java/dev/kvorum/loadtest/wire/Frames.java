package dev.kvorum.loadtest.wire;

import com.google.protobuf.ByteString;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The gRPC framing of messages: a byte that says compressed or not, four bytes of size, the
 * message.
 */
public final class Frames {
  private static final int PREFIX_BYTES = 5;

  private Frames() {}

  /** The message with its prefix. */
  public static Buffer encode(ByteString message) {
    return Buffer.buffer(PREFIX_BYTES + message.size())
        .appendByte((byte) 0)
        .appendInt(message.size())
        .appendBytes(message.toByteArray());
  }

  /**
   * The messages of a whole body.
   *
   * @throws IllegalArgumentException if a message is compressed or the body ends inside one
   */
  public static List<ByteString> decode(Buffer body) {
    List<ByteString> messages = new ArrayList<>();
    int position = 0;
    while (position < body.length()) {
      if (body.length() - position < PREFIX_BYTES || body.getByte(position) != 0) {
        throw new IllegalArgumentException("no plain gRPC message at byte " + position);
      }
      int from = position + PREFIX_BYTES;
      int size = body.getInt(position + 1);
      if (size < 0 || size > body.length() - from) {
        throw new IllegalArgumentException("a gRPC message of " + size + " bytes is cut short");
      }
      messages.add(ByteString.copyFrom(body.getBytes(from, from + size)));
      position = from + size;
    }
    return messages;
  }
}
