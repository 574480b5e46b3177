package dev.kvorum.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Bytes;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MessageReaderTest {
  private static final int MAX = 100_000;

  private final MessageReader reader = new MessageReader(MAX, _ -> true);
  private final List<Bytes> messages = new ArrayList<>();

  private static byte[] framed(byte[]... messages) {
    var body = new ByteArrayOutputStream();
    for (var message : messages) {
      body.write(0);
      body.writeBytes(ByteBuffer.allocate(4).putInt(message.length).array());
      body.writeBytes(message);
    }
    return body.toByteArray();
  }

  @Test
  void bodyMayBeCutAnywhere() {
    var seed = System.nanoTime();
    var random = new Random(seed);
    for (var round = 0; round < 300; round++) {
      var expected = new ArrayList<Bytes>();
      var body = new ByteArrayOutputStream();
      for (var i = random.nextInt(4); i >= 0; i--) {
        var message = new byte[random.nextInt(3) == 0 ? 0 : random.nextInt(20_000)];
        random.nextBytes(message);
        expected.add(Bytes.wrap(message));
        body.writeBytes(framed(message));
      }
      var cut = new MessageReader(MAX, _ -> true);
      var received = new ArrayList<Bytes>();

      feedInPieces(cut, body.toByteArray(), random, received);

      assertThat(received).as("seed %d round %d", seed, round).isEqualTo(expected);
      assertThat(cut.isBetweenMessages()).isTrue();
    }
  }

  private static void feedInPieces(
      MessageReader reader, byte[] body, Random random, List<Bytes> received) {
    var largestPiece = 1 + random.nextInt(10_000);
    for (var at = 0; at < body.length; ) {
      var size = Math.min(body.length - at, 1 + random.nextInt(largestPiece));
      assertThat(reader.read(Bytes.wrap(body, at, size), received::add)).isNull();
      at += size;
    }
  }

  @Test
  void messageInOneChunkIsNotCopied() {
    var body = framed(new byte[] {1, 2, 3});

    reader.read(Bytes.wrap(body), messages::add);

    assertThat(messages).hasSize(1);
    assertThat(messages.getFirst().sharedArray()).isSameAs(body);
  }

  @Test
  void announcedLengthCostsNothing() {
    // A stranger who promises the largest message and sends one byte of it holds a small buffer.
    var prefix = ByteBuffer.allocate(5).put((byte) 0).putInt(MAX).array();
    reader.read(Bytes.wrap(prefix), messages::add);
    reader.read(Bytes.wrap(new byte[1]), messages::add);

    assertThat(reader.heldBytes()).isLessThan(MAX / 10);
    assertThat(reader.isBetweenMessages()).isFalse();
  }

  @Test
  void emptyMessageIsAMessage() {
    reader.read(Bytes.wrap(framed(new byte[0])), messages::add);

    assertThat(messages).containsExactly(Bytes.EMPTY);
    assertThat(reader.isBetweenMessages()).isTrue();
  }

  @Test
  void messageOfTheLargestSizeIsRead() {
    assertThat(reader.read(Bytes.wrap(framed(new byte[MAX])), messages::add)).isNull();
    assertThat(messages.getFirst().size()).isEqualTo(MAX);
  }
}
