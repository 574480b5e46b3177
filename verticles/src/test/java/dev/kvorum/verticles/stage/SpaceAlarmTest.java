package dev.kvorum.verticles.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.journal.DiskSpace;
import org.junit.jupiter.api.Test;

final class SpaceAlarmTest {
  private static final long GIBIBYTE = 1L << 30;
  private static final long MEBIBYTE = 1L << 20;

  private final SpaceAlarm alarm = new SpaceAlarm();

  /** Neither a huge disk that is nearly full nor a small one that is nearly empty is in need. */
  @Test
  void theSmallerOfATenthAndOneGibibyteShouldStayFree() {
    assertThat(new DiskSpace(1_000 * GIBIBYTE, 2 * GIBIBYTE).isLow()).isFalse();
    assertThat(new DiskSpace(1_000 * GIBIBYTE, GIBIBYTE - 1).isLow()).isTrue();
    assertThat(new DiskSpace(GIBIBYTE, GIBIBYTE / 5).isLow()).isFalse();
    assertThat(new DiskSpace(GIBIBYTE, GIBIBYTE / 11).isLow()).isTrue();
    assertThat(new DiskSpace(0, 0).isLow()).as("a file system without a size").isFalse();
  }

  /** Contract S17.2: who disarms an alarm is not to find it raised again for the same reason. */
  @Test
  void aShortageIsToldOnceAndAgainOnlyWhenItIsTwiceAsBad() {
    assertThat(see(150)).isFalse();
    assertThat(see(99)).isTrue();
    assertThat(see(99)).isFalse();
    assertThat(see(60)).isFalse();
    assertThat(see(49)).isTrue();
    assertThat(see(49)).isFalse();
    assertThat(see(0)).isTrue();
    assertThat(see(0)).isFalse();
  }

  @Test
  void aDiskAtTheBorderDoesNotAlarmAgainAndAgain() {
    assertThat(see(99)).isTrue();
    for (var i = 0; i < 10; i++) {
      assertThat(see(110)).isFalse();
      assertThat(see(98)).isFalse();
    }
    assertThat(see(126)).isFalse();
    assertThat(see(99)).as("there was enough in between").isTrue();
  }

  /** Of a disk of 1,000 MiB, so that 100 should stay free. */
  private boolean see(long freeMebibytes) {
    return alarm.observe(new DiskSpace(1_000 * MEBIBYTE, freeMebibytes * MEBIBYTE));
  }
}
