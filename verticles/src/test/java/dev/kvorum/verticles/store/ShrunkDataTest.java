package dev.kvorum.verticles.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ShrunkDataTest {
  private static final long MEBIBYTE = 1L << 20;
  private static final long SNAPSHOT = 1_024 * MEBIBYTE;

  private final ShrunkData data = new ShrunkData();

  private boolean isSeen(long liveMebibytes) {
    return data.isSeen(SNAPSHOT, liveMebibytes * MEBIBYTE);
  }

  @Test
  void aTenthThatIsLeftIsSeenAtTheSecondLook() {
    assertThat(isSeen(102)).isFalse();
    assertThat(isSeen(102)).isTrue();
  }

  /** A disk that is full is not kept busy by one attempt after the other. */
  @Test
  void itIsSeenOnceForASnapshot() {
    isSeen(102);
    assertThat(isSeen(102)).isTrue();
    assertThat(isSeen(102)).isFalse();
    assertThat(data.isSeen(SNAPSHOT + MEBIBYTE, 102 * MEBIBYTE)).isTrue();
  }

  @Test
  void dataThatStillShrinksIsWaitedFor() {
    assertThat(isSeen(1_000)).isFalse();
    assertThat(isSeen(500)).isFalse();
    assertThat(isSeen(110)).isFalse();
    assertThat(isSeen(109)).isTrue();
  }

  @Test
  void whatTheNextSnapshotWouldHoldAgainIsNothingToGiveBack() {
    isSeen(900);
    assertThat(isSeen(900)).isFalse();
    assertThat(isSeen(2_000)).isFalse();
  }

  @Test
  void aLittleIsNotWorthASnapshot() {
    assertThat(data.isSeen(100 * MEBIBYTE, 1)).isFalse();
    assertThat(data.isSeen(100 * MEBIBYTE, 1)).isFalse();
    assertThat(data.isSeen(0, 1)).isFalse();
  }
}
