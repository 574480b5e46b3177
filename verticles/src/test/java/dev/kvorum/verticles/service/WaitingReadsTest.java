package dev.kvorum.verticles.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Failure;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Contract S21.5, S21.7: reads share rounds, but each has the server's time for itself. */
class WaitingReadsTest {
  /** Does nothing, and is told from others by its name. */
  private record Read(String name) implements WaitingReads.Waiter {
    @Override
    public void accept(@Nullable Failure failure) {}
  }

  private final WaitingReads reads = new WaitingReads();
  private final WaitingReads.Waiter first = new Read("first");
  private final WaitingReads.Waiter second = new Read("second");
  private final WaitingReads.Waiter third = new Read("third");

  @Test
  void whoComesWhileARoundRunsIsNotConfirmedByIt() {
    reads.add(first, 100);
    reads.startRound();
    reads.add(second, 110);
    assertThat(reads.takeConfirmed()).isEqualTo(List.of(first));
    assertThat(reads.isGathering()).isTrue();
    reads.startRound();
    assertThat(reads.takeConfirmed()).isEqualTo(List.of(second));
    assertThat(reads.isEmpty()).isTrue();
  }

  @Test
  void aReadThatWaitsForTheNextRoundExpiresByItsOwnDeadline() {
    reads.add(first, 100);
    reads.startRound();
    reads.add(second, 110);
    reads.add(third, 120);
    assertThat(reads.nextDeadlineNanos()).isEqualTo(100);
    assertThat(reads.takeExpired(99)).isEmpty();
    assertThat(reads.takeExpired(110)).isEqualTo(List.of(first, second));
    assertThat(reads.isConfirming()).isFalse();
    assertThat(reads.nextDeadlineNanos()).isEqualTo(120);
    reads.startRound();
    assertThat(reads.nextDeadlineNanos()).isEqualTo(120);
  }

  @Test
  void deadlinesPassTheEndOfTheClocksRange() {
    reads.add(first, Long.MIN_VALUE + 5);
    assertThat(reads.takeExpired(Long.MAX_VALUE - 5)).isEmpty();
    assertThat(reads.takeExpired(Long.MIN_VALUE + 5)).isEqualTo(List.of(first));
  }

  @Test
  void allAreTakenInTheOrderInWhichTheyCame() {
    reads.add(first, 100);
    reads.startRound();
    reads.add(second, 110);
    assertThat(reads.takeAll()).isEqualTo(List.of(first, second));
    assertThat(reads.isEmpty()).isTrue();
  }
}
