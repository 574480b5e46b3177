package dev.kvorum.server.boot;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.lease.LeaseRecord;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.mvcc.RecordCodec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Opens a data directory of every format that was ever written. A format change adds a directory to
 * {@code formats/} and never takes one away. Each was made by a node that got, in this order:
 *
 * <pre>
 * put a 1; put a 2; put b 1; del b; compaction 3; put c (1,000 bytes of x)
 * </pre>
 *
 * from format 2 on also a lease of 600 seconds, whose id, 7000, the client chose from format 3 on;
 * and was then ended by SIGTERM.
 */
class EarlierFormatsTest {
  private static final long MEMBER = 0x8e9e05c52164694dL;
  private static final long CLUSTER = 0xcdf818194e3a8c32L;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"format-1", "format-2", "format-3"})
  void everyFormatOpensWithAllItHeld(String format) throws Exception {
    unpack(format);

    try (var member = open()) {
      assertThat(member.identity().memberId()).isEqualTo(MEMBER);
      assertThat(member.identity().clusterId()).isEqualTo(CLUSTER);
      var kv = member.state().kv();
      assertThat(kv.revision()).isEqualTo(6);
      assertThat(kv.compactRevision()).isEqualTo(3);
      assertThat(member.state().clusterVersion()).isEqualTo("3.7.0");
      assertThat(member.journal().last().index()).isEqualTo(member.state().meta().appliedIndex());
      assertThat(value(member, "a")).isEqualTo(Bytes.utf8("2"));
      assertThat(value(member, "c")).isEqualTo(Bytes.utf8("x".repeat(1_000)));
      assertThat(kv.view().index().find(Bytes.utf8("b"), 6)).isNull();
    }
  }

  @Test
  void aLeaseOfFormat2IsKept() throws Exception {
    unpack("format-2");

    try (var member = open()) {
      assertThat(member.state().leases().size()).isEqualTo(1);
    }
  }

  /** Field 100 of a lease's record, which only a client's own id needs. */
  @Test
  void whereALeaseOfFormat3WasGrantedIsKept() throws Exception {
    unpack("format-3");

    try (var member = open()) {
      assertThat(member.state().leases().record(7000))
          .isEqualTo(new LeaseRecord(7000, 600, 0, member.state().meta().appliedIndex()));
    }
  }

  /** The journal and the snapshot of an earlier format are enough. */
  @ParameterizedTest
  @ValueSource(strings = {"format-1", "format-2", "format-3"})
  void everyFormatIsRebuiltWithoutItsStateStore(String format) throws Exception {
    unpack(format);
    try (var files = Files.walk(directory.resolve("state"))) {
      files.map(Path::toFile).filter(java.io.File::isFile).forEach(java.io.File::delete);
    }

    try (var member = open()) {
      assertThat(member.state().meta().appliedIndex()).isEqualTo(MemberBoot.BIRTH.index());
      assertThat(member.journal().firstIndex()).isEqualTo(MemberBoot.BIRTH.index() + 1);
    }
  }

  @Test
  void aDirectoryIsOpenedAgainAfterItsFirstLife() throws Exception {
    unpack("format-1");
    try (var first = open()) {
      assertThat(first.identity().incarnation()).isEqualTo(2);
    }
    try (var second = open()) {
      assertThat(second.identity().incarnation()).isEqualTo(3);
    }
  }

  private OpenedMember open() throws Exception {
    return RecordedFormat.open(directory);
  }

  private static Bytes value(OpenedMember member, String key) {
    var entry = member.state().kv().view().index().find(Bytes.utf8(key), 6);
    var bucketKey = RecordCodec.bucketKey(requireNonNull(entry).revision());
    try (var view = member.backend().openReadView()) {
      var stored = view.get(Bucket.KEY, bucketKey);
      return KeyValueCodec.decodeStored(RecordCodec.record(bucketKey, requireNonNull(stored)))
          .value();
    }
  }

  private void unpack(String format) throws IOException {
    RecordedFormat.unpack(format, directory);
  }
}
