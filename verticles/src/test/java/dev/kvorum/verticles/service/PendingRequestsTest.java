package dev.kvorum.verticles.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Result;
import java.util.HashMap;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class PendingRequestsTest {
  @Test
  void numbersAreConsecutiveAndARequestIsTakenOnce() {
    var pending = new PendingRequests(10);
    Consumer<Result> answer = _ -> {};

    assertThat(pending.add(answer, 5)).isEqualTo(10);
    assertThat(pending.add(answer, 6)).isEqualTo(11);
    assertThat(pending.take(10)).isSameAs(answer);
    assertThat(pending.take(10)).isNull();
    assertThat(pending.oldest()).isEqualTo(11);
    assertThat(pending.oldestDeadlineNanos()).isEqualTo(6);
  }

  @Test
  void numbersThatNeverWaitedAreUnknown() {
    var pending = new PendingRequests(10);

    assertThat(pending.take(9)).isNull();
    assertThat(pending.take(10)).isNull();
    assertThat(pending.isEmpty()).isTrue();
  }

  /** Against a plain map, with answers in any order and enough waiting to make the ring grow. */
  @Test
  void behavesAsAMapOfWaitingRequests() {
    var seed = 42L;
    var random = new Random(seed);
    var pending = new PendingRequests(0);
    var model = new HashMap<Long, Consumer<Result>>();
    for (var step = 0; step < 50_000; step++) {
      if (random.nextInt(100) < 53) {
        Consumer<Result> answer = new Waiter();
        model.put(pending.add(answer, step), answer);
      } else {
        var number = Math.max(0, pending.next() - random.nextInt(4_000) - 1);
        assertThat(pending.take(number))
            .as("seed %d step %d", seed, step)
            .isSameAs(model.remove(number));
      }
      assertThat(pending.isEmpty()).isEqualTo(model.isEmpty());
    }
    assertThat(model.size()).isGreaterThan(1_024);
  }

  /** Every instance is another object, which a lambda without captures need not be. */
  private static final class Waiter implements Consumer<Result> {
    @Override
    public void accept(Result result) {}
  }
}
