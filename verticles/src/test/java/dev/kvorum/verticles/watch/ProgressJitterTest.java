package dev.kvorum.verticles.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** How often streams are told of progress (contract S9.9): the flag's interval and a tenth more. */
class ProgressJitterTest {
  private static final long SEED = 20_261_121;

  @Test
  void streamsTickAtIntervalsOfTheirOwnUpToATenthLonger() {
    var interval = TimeUnit.MINUTES.toNanos(10);
    var random = new Random(SEED);
    var drawn =
        LongStream.generate(() -> WatchVerticle.jittered(interval, random)).limit(1_000).toArray();

    assertThat(LongStream.of(drawn))
        .as("seed %d", SEED)
        .allMatch(each -> each >= interval && each <= interval + interval / 10);
    for (var tenth = 0; tenth < 10; tenth++) {
      var from = interval + tenth * interval / 100;
      assertThat(LongStream.of(drawn).filter(each -> each >= from && each < from + interval / 100))
          .as("seed %d, hundredth %d", SEED, tenth)
          .hasSizeBetween(50, 150);
    }
  }
}
