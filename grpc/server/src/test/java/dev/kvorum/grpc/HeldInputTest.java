package dev.kvorum.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Bytes;
import java.io.ByteArrayOutputStream;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a paused call holds. */
class HeldInputTest {
  private static final long SEED = 20_261_121L;

  private final HeldInput held = new HeldInput();
  private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
  private final Random random = new Random(SEED);

  private void add(int size) {
    var chunk = new byte[size];
    random.nextBytes(chunk);
    sent.writeBytes(chunk);
    held.add(Bytes.wrap(chunk));
  }

  /** Takes everything out; returns in how many blocks it was held. */
  private int takeAll() {
    var blocks = 0;
    var taken = new ByteArrayOutputStream();
    for (var block = held.poll(); block != null; block = held.poll()) {
      assertThat(block.size()).isLessThanOrEqualTo(HeldInput.BLOCK_BYTES);
      taken.writeBytes(block.toArray());
      blocks++;
    }
    assertThat(taken.toByteArray()).isEqualTo(sent.toByteArray());
    return blocks;
  }

  @Test
  void framesOfOneByteCostNoObjectEach() {
    for (var count = 0; count < 1 << 20; count++) {
      add(1);
    }
    assertThat(takeAll()).isEqualTo((1 << 20) / HeldInput.BLOCK_BYTES);
  }

  @Test
  void framesOfAnySizeComeOutInTheirOrder() {
    for (var count = 0; count < 2_000; count++) {
      add(random.nextInt(10) == 0 ? HeldInput.BLOCK_BYTES : random.nextInt(3_000));
    }
    takeAll();
    assertThat(held.poll()).isNull();
  }

  @Test
  void whatIsAddedWhileItIsTakenOutComesLast() {
    add(HeldInput.BLOCK_BYTES);
    add(10);
    assertThat(held.poll()).extracting(Bytes::size).isEqualTo(HeldInput.BLOCK_BYTES);
    add(10);
    assertThat(held.poll()).extracting(Bytes::size).isEqualTo(20);
    assertThat(held.poll()).isNull();
  }
}
