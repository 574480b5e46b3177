package dev.kvorum.loadtest.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MessageSizesTest {
  private static final Buffer ANSWER =
      Frames.encode(ByteString.EMPTY)
          .appendBuffer(Frames.encode(ByteString.copyFrom(new byte[300])))
          .appendBuffer(Frames.encode(ByteString.copyFrom(new byte[7])));

  /** A part may end anywhere, in a prefix too. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 100, 327})
  void theLargestMessageIsFoundHoweverTheAnswerIsCut(int partBytes) {
    MessageSizes sizes = new MessageSizes();
    for (int at = 0; at < ANSWER.length(); at += partBytes) {
      sizes.add(ANSWER.getBuffer(at, Math.min(ANSWER.length(), at + partBytes)));
    }
    assertThat(sizes.bytes()).isEqualTo(15 + 307);
    assertThat(sizes.largest()).isEqualTo(300);
    assertThat(sizes.isWhole()).isTrue();
  }

  @Test
  void anAnswerThatBreaksOffIsNotWhole() {
    MessageSizes sizes = new MessageSizes();
    sizes.add(ANSWER.getBuffer(0, ANSWER.length() - 1));
    assertThat(sizes.isWhole()).isFalse();
  }
}
