package dev.kvorum.loadtest.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;

class FramesTest {
  private static final ByteString HELLO = ByteString.copyFromUtf8("hello");

  @Test
  void messagesOfOneBodyComeBackInOrder() {
    Buffer body =
        Frames.encode(HELLO)
            .appendBuffer(Frames.encode(ByteString.EMPTY))
            .appendBuffer(Frames.encode(HELLO));

    assertThat(Frames.decode(body)).containsExactly(HELLO, ByteString.EMPTY, HELLO);
  }

  @Test
  void aBodyThatEndsInsideAMessageIsRefused() {
    Buffer whole = Frames.encode(HELLO);

    for (int size = 1; size < whole.length(); size++) {
      Buffer part = whole.getBuffer(0, size);
      assertThatThrownBy(() -> Frames.decode(part)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aCompressedMessageIsRefused() {
    Buffer compressed = Frames.encode(HELLO).setByte(0, (byte) 1);

    assertThatThrownBy(() -> Frames.decode(compressed))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
