package dev.kvorum.server.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The state store is read while the journal is scanned; a start that ends then lets go of it. */
class StateReadTest {
  private static final List<String> VOTES = List.of("vote.a", "vote.b");

  @TempDir Path directory;
  @TempDir Path elsewhere;

  private long applied;

  @BeforeEach
  void unpackAMember() throws Exception {
    RecordedFormat.unpack("format-2", directory);
    try (var member = RecordedFormat.open(directory)) {
      applied = member.state().meta().appliedIndex();
    }
  }

  @Test
  void startThatIsRefusedLeavesTheStateStoreToTheNext() throws Exception {
    moveVotes(directory, elsewhere);
    assertThatThrownBy(() -> RecordedFormat.open(directory))
        .isInstanceOf(StartRefusedException.class);
    moveVotes(elsewhere, directory);
    openedWithTheSameStore();
  }

  @Test
  void missingJournalEndsAStartAndLeavesTheStateStoreToTheNext() throws Exception {
    var segment = directory.resolve("journal/0000000001.seg");
    Files.move(segment, elsewhere.resolve("segment"));
    assertThatThrownBy(() -> RecordedFormat.open(directory))
        .isInstanceOf(StartRefusedException.class);
    Files.move(elsewhere.resolve("segment"), segment);
    openedWithTheSameStore();
  }

  @Test
  void startDoesSomethingElseWhileTheStateStoreIsRead() throws Exception {
    var runs = new AtomicInteger();
    try (var member =
        MemberBoot.open(directory, null, true, RecordedFormat.NO_FOUNDING, runs::incrementAndGet)) {
      assertThat(member.state().meta().appliedIndex()).isEqualTo(applied);
    }
    assertThat(runs).hasValue(1);
  }

  @Test
  void faultOfWhatIsDoneMeanwhileLeavesTheStateStoreToTheNext() throws Exception {
    var fault = new IllegalStateException("no threads left");
    assertThatThrownBy(
            () ->
                MemberBoot.open(
                    directory,
                    null,
                    true,
                    RecordedFormat.NO_FOUNDING,
                    () -> {
                      throw fault;
                    }))
        .isSameAs(fault);
    openedWithTheSameStore();
  }

  /** An engine that is still open would not open again, and the store would be made anew. */
  private void openedWithTheSameStore() throws Exception {
    try (var member = RecordedFormat.open(directory)) {
      assertThat(member.state().meta().appliedIndex()).isEqualTo(applied);
    }
    assertThat(directory.resolve("quarantine")).doesNotExist();
  }

  private static void moveVotes(Path from, Path to) throws IOException {
    for (var name : VOTES) {
      Files.move(from.resolve(name), to.resolve(name));
    }
  }
}
