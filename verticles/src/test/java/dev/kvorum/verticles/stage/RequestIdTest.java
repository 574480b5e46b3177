package dev.kvorum.verticles.stage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RequestIdTest {
  @Test
  void idTellsLifeLoopAndCount() {
    var id = RequestId.of(7, 3, 42);

    assertThat(RequestId.isOf(id, 7)).isTrue();
    assertThat(RequestId.isOf(id, 8)).isFalse();
    assertThat(RequestId.loop(id)).isEqualTo(3);
    assertThat(RequestId.count(id, 43)).isEqualTo(42);
  }

  @Test
  void highestLifeAndLoopDoNotTouchEachOther() {
    var id = RequestId.of(0xffff, RequestId.MAX_LOOPS - 1, 0);

    assertThat(RequestId.isOf(id, 0xffff)).isTrue();
    assertThat(RequestId.loop(id)).isEqualTo(RequestId.MAX_LOOPS - 1);
    assertThat(RequestId.count(id, 1)).isZero();
  }

  @Test
  void countIsFoundAgainAfterItsFortyBitsWrapped() {
    var wrap = 1L << 40;
    var beforeWrap = wrap - 2;
    var next = wrap + 5;

    assertThat(RequestId.count(RequestId.of(1, 0, beforeWrap), next)).isEqualTo(beforeWrap);
    assertThat(RequestId.count(RequestId.of(1, 0, wrap + 4), next)).isEqualTo(wrap + 4);
  }
}
