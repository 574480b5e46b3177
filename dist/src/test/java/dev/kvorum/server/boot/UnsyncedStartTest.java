package dev.kvorum.server.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.storage.journal.identity.DirectoryRefusedException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left of {@code --unsafe-no-fsync} (P20). */
class UnsyncedStartTest {
  @TempDir private Path parent;
  private Path data;

  @BeforeEach
  void name() {
    data = parent.resolve("data");
  }

  @Test
  void memberThatIsFoundedWithoutSyncsIsMarkedAndOpensOnlySo() throws Exception {
    try (var member = open(false)) {
      assertThat(member.identity().unsafe()).isTrue();
    }
    assertRefused();
    try (var member = open(false)) {
      assertThat(member.identity().unsafe()).isTrue();
      assertThat(member.identity().incarnation()).isEqualTo(2);
    }
  }

  @Test
  void memberThatOnceRunsWithoutSyncsIsMarkedFromThenOn() throws Exception {
    open(true).close();
    try (var member = open(true)) {
      assertThat(member.identity().unsafe()).isFalse();
    }
    open(false).close();
    assertRefused();
  }

  private void assertRefused() {
    assertThatThrownBy(() -> open(true))
        .isInstanceOf(DirectoryRefusedException.class)
        .hasMessageContaining("--unsafe-no-fsync");
  }

  private OpenedMember open(boolean syncing) throws Exception {
    return MemberBoot.open(
        data, null, syncing, () -> new Founding(1, 2, "one", List.of()), () -> {});
  }
}
