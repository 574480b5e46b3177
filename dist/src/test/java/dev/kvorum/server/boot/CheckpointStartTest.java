package dev.kvorum.server.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.checkpoint.Attachments;
import dev.kvorum.storage.index.IndexEntry;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.mvcc.StoreMeta;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A start with an index checkpoint comes to the same as one without, whatever is in the file. */
class CheckpointStartTest {
  private static final KeyRange ALL = new KeyRange(Bytes.EMPTY, null);
  private static final long REVISION = 6;

  @TempDir Path directory;

  /** What a start without a checkpoint finds. */
  private List<IndexEntry> expected = List.of();

  @BeforeEach
  void writeACheckpoint() throws Exception {
    RecordedFormat.unpack("format-2", directory);
    try (var member = RecordedFormat.open(directory)) {
      assertThat(member.checkpointRevision()).isZero();
      expected = entries(member);
      write(member, member.state().meta());
    }
  }

  private static void write(OpenedMember member, StoreMeta meta) throws Exception {
    try (var writer = member.checkpoints().begin()) {
      writer.header(meta);
      var summary = writer.pages(member.state().kv()::holdIndex);
      writer.finish(writer.attachments(Attachments.none(meta)), summary);
      writer.adopt();
    }
  }

  private static List<IndexEntry> entries(OpenedMember member) {
    var entries = new ArrayList<IndexEntry>();
    member.state().kv().view().index().scan(ALL, REVISION, entries::add);
    return entries;
  }

  private Path file() {
    return directory.resolve("index/checkpoint");
  }

  /** Opens the member, which has taken its checkpoint if that is said. */
  private void check(boolean used) throws Exception {
    try (var member = RecordedFormat.open(directory)) {
      assertThat(member.checkpointRevision()).isEqualTo(used ? REVISION : 0);
      assertThat(member.state().kv().revision()).isEqualTo(REVISION);
      assertThat(entries(member)).isEqualTo(expected);
    }
  }

  @Test
  void soundOneIsUsedAgainAndAgain() throws Exception {
    check(true);
    check(true);
  }

  @Test
  void deletedOneIsNotMissed() throws Exception {
    Files.delete(file());
    check(false);
  }

  @Test
  void damagedOneIsNotUsed() throws Exception {
    var content = Files.readAllBytes(file());
    content[content.length / 2] ^= 4;
    Files.write(file(), content);
    check(false);
  }

  @Test
  void emptyOneIsNotUsed() throws Exception {
    Files.write(file(), new byte[0]);
    check(false);
  }

  @Test
  void oneThatIsNewerThanTheStateStoreIsNotUsed() throws Exception {
    try (var member = RecordedFormat.open(directory)) {
      var meta = member.state().meta();
      write(
          member,
          new StoreMeta(
              meta.appliedIndex() + 1,
              meta.appliedTerm(),
              meta.revision(),
              meta.compactRevision(),
              meta.finishedCompactRevision(),
              meta.allocatedBytes(),
              meta.inUseBytes(),
              meta.stateHashHigh(),
              meta.stateHashLow()));
    }
    check(false);
  }

  @Test
  void oneOfAnotherHistoryIsNotUsed() throws Exception {
    try (var member = RecordedFormat.open(directory)) {
      var meta = member.state().meta();
      write(
          member,
          new StoreMeta(
              meta.appliedIndex(),
              meta.appliedTerm(),
              meta.revision(),
              meta.compactRevision(),
              meta.finishedCompactRevision(),
              meta.allocatedBytes(),
              meta.inUseBytes(),
              meta.stateHashHigh(),
              meta.stateHashLow() + 1));
    }
    check(false);
  }

  @Test
  void rebuiltStateStoreDoesNotTakeOneOfItsFuture() throws Exception {
    try (var files = Files.list(directory.resolve("state"))) {
      for (var file : files.toList()) {
        Files.delete(file);
      }
    }
    try (var member = RecordedFormat.open(directory)) {
      assertThat(member.checkpointRevision()).isZero();
      assertThat(member.state().meta().appliedIndex()).isEqualTo(MemberBoot.BIRTH.index());
    }
  }
}
