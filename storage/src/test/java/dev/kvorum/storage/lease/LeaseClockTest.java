package dev.kvorum.storage.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Contract S10.4 to S10.10: when leases run out. */
class LeaseClockTest {
  private static final long SECOND = 1_000_000_000L;

  private final LeaseClock clock = new LeaseClock();

  @Test
  void aLeaseRunsOutWhenItsTimeIsOverAndNotBefore() {
    clock.add(1, 2, 0, 0);

    assertThat(clock.takeExpired(2 * SECOND - 1, 10)).isEmpty();
    assertThat(clock.takeExpired(2 * SECOND, 10)).containsExactly(1);
    assertThat(clock.takeExpired(9 * SECOND, 10)).isEmpty();
  }

  @Test
  void aRenewalBeginsTheTimeAnew() {
    clock.add(1, 2, 0, 0);

    assertThat(clock.renew(1, SECOND)).isEqualTo(2);
    assertThat(clock.takeExpired(3 * SECOND - 1, 10)).isEmpty();
    assertThat(clock.nextDeadlineNanos()).isEqualTo(3 * SECOND);
  }

  @Test
  void aLeaseThatRanOutIsNotRenewedEvenBeforeItIsRevoked() {
    clock.add(1, 2, 0, 0);

    assertThat(clock.renew(1, 2 * SECOND)).isEqualTo(LeaseClock.EXPIRED);
    clock.takeExpired(2 * SECOND, 10);
    assertThat(clock.renew(1, 2 * SECOND)).isEqualTo(LeaseClock.EXPIRED);
    clock.remove(1);
    assertThat(clock.renew(1, 2 * SECOND)).isEqualTo(LeaseClock.UNKNOWN);
  }

  @Test
  void whatCouldNotBeRevokedIsHandedOutAgain() {
    clock.add(1, 2, 0, 0);
    clock.takeExpired(2 * SECOND, 10);
    clock.putBack(1);
    clock.putBack(1);

    assertThat(clock.takeExpired(2 * SECOND, 10)).containsExactly(1);
  }

  @Test
  void aNewLeaderGivesAllOfTheTimeAgainOrWhatACheckpointSays() {
    clock.add(1, 10, 0, 0);
    clock.add(2, 1_000, 0, 0);
    clock.checkpoint(2, 400);
    clock.takeExpired(10 * SECOND, 10);

    clock.extendAll(20 * SECOND, SECOND);

    assertThat(clock.remainingSeconds(1, 20 * SECOND)).isEqualTo(11);
    assertThat(clock.remainingSeconds(2, 20 * SECOND)).isEqualTo(401);
    assertThat(clock.takeExpired(31 * SECOND, 10)).containsExactly(1);
  }

  @Test
  void theLongestTimeDoesNotOverflow() {
    clock.add(1, 9_000_000_000L, 0, 1_000_000 * SECOND);

    assertThat(clock.remainingSeconds(1, 1_000_000 * SECOND)).isEqualTo(9_000_000_000L);
    assertThat(clock.nextDeadlineNanos()).isPositive();
  }

  @Test
  void leasesAreListedInTheOrderInWhichTheyRunOut() {
    clock.add(1, 30, 0, 0);
    clock.add(2, 10, 0, 0);
    clock.add(3, 20, 0, 0);
    clock.renew(2, 15);

    assertThat(clock.byExpiry()).containsExactly(2L, 3L, 1L);
  }

  @Test
  void leasesThatRunOutTogetherAreListedSideBySide() {
    var random = new Random(7);
    var deadlines = new HashMap<Long, Long>();
    for (var id = 1L; id <= 500; id++) {
      var ttl = 10 + random.nextLong(20);
      clock.add(id, ttl, 0, 0);
      deadlines.put(id, ttl);
      if (random.nextInt(4) == 0) {
        var gone = 1 + random.nextLong(id);
        if (deadlines.remove(gone) != null) {
          clock.remove(gone);
        }
      }
    }

    var listed = clock.byExpiry();
    assertThat(listed).containsExactlyInAnyOrderElementsOf(deadlines.keySet());
    assertThat(listed.stream().map(deadlines::get)).isSorted();
  }

  @Test
  void aRenewalUnderANewLeaderMayRunOutBeforeTheExtraTimeOfOthers() {
    clock.add(1, 10, 0, 0);
    clock.add(2, 10, 0, 0);
    clock.extendAll(0, 5 * SECOND);

    clock.renew(2, SECOND);

    assertThat(clock.nextDeadlineNanos()).isEqualTo(11 * SECOND);
  }

  /** The heap hands out what a plain map of deadlines would, each lease once. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void isWhatAMapOfDeadlinesWouldBe(long seed) {
    var random = new Random(seed);
    Map<Long, Long> deadlines = new HashMap<>();
    Map<Long, Long> ttls = new HashMap<>();
    var now = 0L;
    for (var step = 0; step < 20_000; step++) {
      now += random.nextInt(50) * (SECOND / 10);
      var id = (long) random.nextInt(200);
      switch (random.nextInt(5)) {
        case 0, 1 -> {
          if (!ttls.containsKey(id)) {
            var ttl = 1 + random.nextInt(300);
            clock.add(id, ttl, 0, now);
            ttls.put(id, (long) ttl);
            deadlines.put(id, now + ttl * SECOND);
          }
        }
        case 2 -> {
          var deadline = deadlines.get(id);
          var expected = ttls.getOrDefault(id, LeaseClock.UNKNOWN);
          if (expected != 0 && (deadline == null || deadline <= now)) {
            expected = LeaseClock.EXPIRED;
          }
          assertThat(clock.renew(id, now)).as("seed %d step %d", seed, step).isEqualTo(expected);
          if (expected > 0) {
            deadlines.put(id, now + expected * SECOND);
          }
        }
        case 3 -> {
          if (ttls.remove(id) != null) {
            deadlines.remove(id);
            clock.remove(id);
          }
        }
        default -> {
          var expired = new ArrayList<Long>();
          for (var each : clock.takeExpired(now, 1_000)) {
            expired.add(each);
          }
          var due = now;
          var expected = new ArrayList<Long>();
          deadlines.forEach(
              (each, deadline) -> {
                if (deadline <= due) {
                  expected.add(each);
                }
              });
          assertThat(expired)
              .as("seed %d step %d", seed, step)
              .containsExactlyInAnyOrderElementsOf(expected);
          expired.forEach(deadlines::remove);
        }
      }
      assertThat(clock.nextDeadlineNanos())
          .isEqualTo(deadlines.values().stream().mapToLong(d -> d).min().orElse(LeaseClock.NEVER));
    }
  }
}
