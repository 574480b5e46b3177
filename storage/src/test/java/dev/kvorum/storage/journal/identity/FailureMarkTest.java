package dev.kvorum.storage.journal.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FailureMarkTest {
  private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

  @TempDir Path directory;

  @Test
  void aDirectoryWithoutFailureHasNoMark() {
    assertThat(FailureMark.read(Set.of(directory))).isEmpty();
  }

  @Test
  void theFirstFailureDoesNotKeepTheMemberDown() {
    assertThat(leave(NOON, 7)).isTrue();

    assertThat(mark()).isEqualTo(new FailureMark(NOON, null, 7, false));
    assertThat(mark().rest(NOON)).isNull();
  }

  @Test
  void twoFailuresWithinTenMinutesKeepItDownForTen() {
    leave(NOON, 7);
    mark().settle(Set.of(directory), NOON.plusSeconds(5));
    leave(NOON.plusSeconds(300), 9);

    assertThat(mark().rest(NOON.plusSeconds(301))).isEqualTo(Duration.ofSeconds(599));
    assertThat(mark().rest(NOON.plusSeconds(899))).isEqualTo(Duration.ofSeconds(1));
    assertThat(mark().rest(NOON.plusSeconds(900))).isNull();
  }

  @Test
  void failuresFarApartAreTwoFirstOnes() {
    leave(NOON, 7);
    leave(NOON.plusSeconds(601), 9);

    assertThat(mark().rest(NOON.plusSeconds(602))).isNull();
  }

  /** Else a clock that was wrong by a year would keep the member down for a year. */
  @Test
  void aClockThatWasSetBackDoesNotLockTheMemberOut() {
    leave(NOON, 7);
    leave(NOON.plusSeconds(60), 9);

    assertThat(mark().rest(NOON.minus(Duration.ofDays(365)))).isNull();
    leave(NOON.minusSeconds(120), 9);
    assertThat(mark().rest(NOON.minusSeconds(60))).as("it failed again").isNotNull();
    assertThat(mark().rest(NOON.plusSeconds(600))).isNull();
  }

  /** A start that fails as well knows less than the process that wrote the journal. */
  @Test
  void whatWasSyncedIsRememberedUntilTheJournalWasExamined() {
    leave(NOON, 7);
    leave(NOON.plusSeconds(3_600), 0);
    assertThat(mark().durableBatch()).isEqualTo(7);

    mark().settle(Set.of(directory), NOON.plusSeconds(3_601));
    assertThat(mark().settled()).isTrue();
    leave(NOON.plusSeconds(7_200), 0);
    assertThat(mark().durableBatch()).isZero();
  }

  @Test
  void aSettledMarkGoesWhenItsTimeIsOfNoUse() {
    leave(NOON, 7);
    mark().settle(Set.of(directory), NOON.plusSeconds(1));
    mark().settle(Set.of(directory), NOON.plusSeconds(599));
    assertThat(directory.resolve(FailureMark.NAME)).exists();
    mark().settle(Set.of(directory), NOON.plusSeconds(600));
    assertThat(directory.resolve(FailureMark.NAME)).doesNotExist();
  }

  /** The disk that failed may be the one that the mark is written to. */
  @Test
  void oneDirectoryThatTakesTheMarkIsEnough() {
    var both = new LinkedHashSet<>(List.of(directory.resolve("missing"), directory));

    assertThat(FailureMark.leave(both, NOON, 3)).isTrue();
    assertThat(FailureMark.read(both)).contains(new FailureMark(NOON, null, 3, false));
    assertThat(FailureMark.leave(Set.of(directory.resolve("missing")), NOON, 3)).isFalse();
  }

  @Test
  void aMarkThatWasCutShortStillTellsOfAFailure() throws IOException {
    Files.write(directory.resolve(FailureMark.NAME), new byte[100]);

    assertThat(mark().settled()).isFalse();
    assertThat(mark().durableBatch()).isZero();
    assertThat(mark().rest(NOON)).isNull();
  }

  private boolean leave(Instant now, long durableBatch) {
    return FailureMark.leave(Set.of(directory), now, durableBatch);
  }

  private FailureMark mark() {
    return FailureMark.read(Set.of(directory)).orElseThrow();
  }
}
