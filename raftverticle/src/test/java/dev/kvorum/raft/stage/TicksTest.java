package dev.kvorum.raft.stage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class TicksTest {
  private static final long PERIOD = 100;

  private final Ticks ticks = new Ticks(PERIOD);

  private long count(long... wakeUps) {
    return LongStream.of(wakeUps).filter(ticks::isTick).count();
  }

  @Test
  void everyWakeUpOfAProcessThatRunsIsATick() {
    assertThat(count(-300, -200, -100, 0, 100)).isEqualTo(5);
  }

  @Test
  void aPauseIsOneTickHoweverOftenTheTimerMakesUpForIt() {
    assertThat(count(0, 100)).isEqualTo(2);
    assertThat(count(5_030, 5_030, 5_030, 5_031, 5_031)).isEqualTo(1);
    assertThat(count(5_100, 5_200)).isEqualTo(2);
  }

  @Test
  void aLateWakeUpAndTheNextOneInTimeAreTwo() {
    assertThat(count(0, 140, 200, 300)).isEqualTo(4);
  }

  @Test
  void aClockMayPassTheLargestNumber() {
    assertThat(count(Long.MAX_VALUE - 20, Long.MIN_VALUE + 79)).isEqualTo(2);
  }
}
