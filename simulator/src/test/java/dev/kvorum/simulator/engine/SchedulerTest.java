package dev.kvorum.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The event heap. */
class SchedulerTest {
  private record Event(long time, long order) {}

  private final Scheduler scheduler = new Scheduler();
  private final List<Event> happened = new ArrayList<>();

  @Test
  void eventsHappenInTheOrderOfTheirTimeAndThenOfTheirScheduling() {
    var random = new SimRandom(7);
    var expected = new ArrayList<Event>();
    for (var order = 0; order < 5_000; order++) {
      var time = random.below(300L);
      expected.add(new Event(time, order));
      scheduler.schedule(time, this::fired, 0, order, null);
    }
    expected.sort(Comparator.comparingLong(Event::time).thenComparingLong(Event::order));

    while (scheduler.step()) {
      // Until nothing is left.
    }

    assertThat(happened).isEqualTo(expected);
  }

  @Test
  void anEventMayScheduleOthers() {
    scheduler.schedule(
        5,
        (_, _, _) -> {
          scheduler.schedule(0, this::fired, 0, 1, null);
          scheduler.schedule(3, this::fired, 0, 2, null);
        },
        0,
        0,
        null);

    while (scheduler.step()) {
      // Until nothing is left.
    }

    assertThat(happened).containsExactly(new Event(5, 1), new Event(8, 2));
    assertThat(scheduler.fired()).isEqualTo(3);
  }

  private void fired(int kind, long argument, @Nullable Object payload) {
    happened.add(new Event(scheduler.now(), argument));
  }
}
