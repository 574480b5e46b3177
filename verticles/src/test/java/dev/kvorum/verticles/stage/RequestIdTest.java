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

  /** As far apart as the lives of one member can ever be in one log. */
  @Test
  void livesOfAMemberThatAreManyStartsApartAreTold() {
    var id = RequestId.of(0x1234, 3, 42);

    assertThat(RequestId.isOf(id, 0x1234 + (1 << 16))).isFalse();
    assertThat(RequestId.isOf(id, 0x1234 + (1 << 23))).isFalse();
  }

  @Test
  void highestLifeAndLoopDoNotTouchEachOther() {
    var id = RequestId.of(0xffffff, RequestId.MAX_LOOPS - 1, 0);

    assertThat(RequestId.isOf(id, 0xffffff)).isTrue();
    assertThat(RequestId.loop(id)).isEqualTo(RequestId.MAX_LOOPS - 1);
    assertThat(RequestId.count(id, 1)).isZero();
  }

  @Test
  void countIsFoundAgainAfterItsBitsWrapped() {
    var wrap = 1L << 32;
    var beforeWrap = wrap - 2;
    var next = wrap + 5;

    assertThat(RequestId.count(RequestId.of(1, 0, beforeWrap), next)).isEqualTo(beforeWrap);
    assertThat(RequestId.count(RequestId.of(1, 0, wrap + 4), next)).isEqualTo(wrap + 4);
  }
}
