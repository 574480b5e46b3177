package dev.kvorum.storage.journal.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DataDirectoryTest {
  private static final Identity IDENTITY =
      new Identity(0xcdf818194e3a8c32L, 0x8e9e05c52164694dL, "default", 1, false);

  @TempDir Path temporary;

  private Path path() {
    return temporary.resolve("deep/default.etcd");
  }

  @Test
  void aNewDirectoryIsMadeForItsOwnerAlone() throws Exception {
    try (var directory = DataDirectory.open(path(), null)) {
      assertThat(directory.identity()).isNull();
      directory.writeIdentity(IDENTITY);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path())))
          .isEqualTo("rwx------");
      assertThat(
              PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(path().resolve("identity"))))
          .isEqualTo("rw-------");
    }
    try (var again = DataDirectory.open(path(), null)) {
      assertThat(again.identity()).isEqualTo(IDENTITY);
      again.writeIdentity(IDENTITY.nextIncarnation());
      assertThat(again.unknownFiles()).isEmpty();
    }
    try (var third = DataDirectory.open(path(), null)) {
      assertThat(Objects.requireNonNull(third.identity()).incarnation()).isEqualTo(2);
    }
  }

  @Test
  void aSecondOpenerIsRefused() throws Exception {
    try (var _ = DataDirectory.open(path(), null)) {
      assertThatThrownBy(() -> DataDirectory.open(path(), null))
          .isInstanceOf(DirectoryRefusedException.class)
          .hasMessageContaining("in use by another process");
    }
    DataDirectory.open(path(), null).close();
  }

  @Test
  void anyTwoOfTheThreeCopiesMayBeDamaged() throws Exception {
    try (var directory = DataDirectory.open(path(), null)) {
      directory.writeIdentity(IDENTITY);
    }
    var file = path().resolve("identity");
    var whole = Files.readAllBytes(file);
    for (var kept = 0; kept < 3; kept++) {
      var damaged = whole.clone();
      for (var copy = 0; copy < 3; copy++) {
        if (copy != kept) {
          damaged[copy * 4096 + 30] ^= 1;
        }
      }
      Files.write(file, damaged);
      try (var directory = DataDirectory.open(path(), null)) {
        assertThat(directory.identity()).isEqualTo(IDENTITY);
      }
    }
    var lost = whole.clone();
    for (var copy = 0; copy < 3; copy++) {
      lost[copy * 4096 + 30] ^= 1;
    }
    Files.write(file, lost);
    assertThatThrownBy(() -> DataDirectory.open(path(), null))
        .isInstanceOf(DirectoryRefusedException.class)
        .hasMessageContaining("identity");
  }

  @Test
  void aNewerFormatIsRefusedAndLeftUntouched() throws Exception {
    try (var directory = DataDirectory.open(path(), null)) {
      directory.writeIdentity(IDENTITY);
    }
    var file = path().resolve("identity");
    var bytes = Files.readAllBytes(file);
    setFormat(bytes, 2);
    Files.write(file, bytes);
    var before = content(path());
    assertThatThrownBy(() -> DataDirectory.open(path(), null))
        .isInstanceOf(DirectoryRefusedException.class)
        .hasMessageContaining("newer release");
    assertThat(content(path())).isEqualTo(before);
  }

  private static void setFormat(byte[] file, int format) {
    var copy = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    copy.putInt(8, format);
    var end = 16 + copy.getInt(12);
    var crc = new CRC32C();
    crc.update(file, 0, end);
    copy.putInt(end, (int) crc.getValue());
  }

  @Test
  void aDirectoryOfEtcdIsRefusedAndLeftUntouched() throws Exception {
    Files.createDirectories(path().resolve("member/wal"));
    Files.writeString(path().resolve("member/wal/0.wal"), "x");
    var before = content(path());
    assertThatThrownBy(() -> DataDirectory.open(path(), null))
        .isInstanceOf(DirectoryRefusedException.class)
        .hasMessageContaining("etcd");
    assertThat(content(path())).isEqualTo(before);
  }

  @Test
  void anyOtherNonEmptyDirectoryIsRefusedAndLeftUntouched() throws Exception {
    Files.createDirectories(path());
    Files.writeString(path().resolve("thesis.txt"), "x");
    var before = content(path());
    assertThatThrownBy(() -> DataDirectory.open(path(), null))
        .isInstanceOf(DirectoryRefusedException.class)
        .hasMessageContaining("thesis.txt");
    assertThat(content(path())).isEqualTo(before);
  }

  @Test
  void aDirectoryOnceWrittenWithoutSyncsIsRefusedByAStartWithThem() throws Exception {
    try (var directory = DataDirectory.open(path(), null, false)) {
      directory.writeIdentity(IDENTITY.markUnsafe());
    }
    DataDirectory.open(path(), null, false).close();
    assertThatThrownBy(() -> DataDirectory.open(path(), null))
        .isInstanceOf(DirectoryRefusedException.class)
        .hasMessageContaining("--unsafe-no-fsync");
  }

  @Test
  void aStrangeFileInOurDirectoryIsReportedAndKept() throws Exception {
    try (var directory = DataDirectory.open(path(), null)) {
      directory.writeIdentity(IDENTITY);
    }
    Files.writeString(path().resolve("notes"), "x");
    try (var directory = DataDirectory.open(path(), null)) {
      assertThat(directory.unknownFiles()).containsExactly(path().resolve("notes"));
    }
    assertThat(path().resolve("notes")).exists();
  }

  @Test
  void aSeparateLogDirectoryHoldsTheLogsParts() throws Exception {
    var log = temporary.resolve("wal");
    try (var directory = DataDirectory.open(path(), log)) {
      directory.writeIdentity(IDENTITY);
      Files.createDirectory(directory.state());
    }
    assertThat(log.resolve("identity")).exists();
    assertThat(path().resolve("identity")).doesNotExist();
    try (var directory = DataDirectory.open(path(), log)) {
      assertThat(directory.identity()).isEqualTo(IDENTITY);
    }
    assertThatThrownBy(() -> DataDirectory.open(path(), null))
        .isInstanceOf(DirectoryRefusedException.class)
        .hasMessageContaining("--wal-dir");
    assertThatThrownBy(() -> DataDirectory.open(path(), temporary.resolve("other")))
        .isInstanceOf(DirectoryRefusedException.class)
        .hasMessageContaining("right one");
    assertThat(temporary.resolve("other")).doesNotExist();
  }

  @Test
  void theStateIsSetAsideUnderANameOfItsOwn() throws Exception {
    try (var directory = DataDirectory.open(path(), null)) {
      assertThat(directory.setStateAside()).isNull();
      for (var i = 1; i <= 2; i++) {
        Files.createDirectory(directory.state());
        Files.writeString(directory.state().resolve("xd"), "" + i);
        var aside = Objects.requireNonNull(directory.setStateAside());
        assertThat(aside.resolve("xd")).hasContent("" + i);
        assertThat(directory.state()).doesNotExist();
      }
    }
  }

  private static Map<String, String> content(Path directory) throws Exception {
    var content = new TreeMap<String, String>();
    try (var paths = Files.walk(directory)) {
      for (var path : paths.toList()) {
        content.put(
            path.toString(),
            Files.isRegularFile(path) ? Files.readString(path, StandardCharsets.ISO_8859_1) : "");
      }
    }
    return content;
  }
}
