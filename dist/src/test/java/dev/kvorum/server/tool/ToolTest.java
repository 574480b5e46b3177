package dev.kvorum.server.tool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.server.boot.Founding;
import dev.kvorum.server.boot.MemberBoot;
import dev.kvorum.server.boot.StartRefusedException;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.Journal;
import dev.kvorum.storage.journal.disk.DiskResult;
import dev.kvorum.storage.journal.identity.DataDirectory;
import dev.kvorum.storage.model.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the tools say of a member's directory, and what they change in it. */
final class ToolTest {
  private static final int SECTOR = 512;

  @TempDir private Path parent;
  private Path data;
  private String said = "";

  /** A member with five entries behind its birth, the state store not knowing of them. */
  @BeforeEach
  void write() throws Exception {
    data = parent.resolve("data");
    try (var member = open()) {
      for (var index = 2; index <= 6; index++) {
        var entry = new Entry(1, index, Entry.Type.COMMAND, Bytes.utf8("entry " + index));
        member.journal().append(List.of(entry), 1);
        settle(member.journal(), member.directory());
      }
    }
    try (var member = open()) {
      assertThat(member.journal().last().index()).isEqualTo(6);
    }
  }

  private dev.kvorum.server.boot.OpenedMember open() throws Exception {
    return MemberBoot.open(data, null, () -> new Founding(1, 2, "one", List.of()));
  }

  private static void settle(Journal journal, DataDirectory directory) throws Exception {
    for (var job = journal.poll(); job != null; job = journal.poll()) {
      directory.logDisk().perform(job.operations());
      var _ = journal.completed(new DiskResult.Done());
    }
  }

  private int run(String... arguments) {
    var bytes = new ByteArrayOutputStream();
    var code = Tool.run(List.of(arguments), new PrintStream(bytes, true, StandardCharsets.UTF_8));
    said = bytes.toString(StandardCharsets.UTF_8);
    return code;
  }

  private int check() {
    return run("check", "--data-dir", data.toString());
  }

  private void damage(String file, long at) throws IOException {
    try (var bytes = new RandomAccessFile(data.resolve(file).toFile(), "rw")) {
      bytes.seek(at);
      var old = bytes.read();
      bytes.seek(at);
      bytes.write(old ^ 1);
    }
  }

  /** Where in the segment an entry's text stands. */
  private long place(int index) throws IOException {
    var content = Files.readAllBytes(data.resolve("journal/0000000001.seg"));
    var at = new String(content, StandardCharsets.ISO_8859_1).indexOf("entry " + index);
    assertThat(at).isPositive();
    return at;
  }

  /** Every file and its content. */
  private Map<String, String> files() throws IOException {
    var found = new TreeMap<String, String>();
    try (var paths = Files.walk(data)) {
      for (var path : paths.toList()) {
        var content =
            Files.isDirectory(path)
                ? ""
                : java.util.Arrays.hashCode(Files.readAllBytes(path))
                    + " "
                    + Files.getLastModifiedTime(path);
        found.put(path.toString(), content);
      }
    }
    return found;
  }

  @Test
  void aSoundDirectoryIsCleanAndLeftAsItIs() throws Exception {
    var before = files();
    assertThat(check()).isZero();
    assertThat(said)
        .contains("identity: member 2 of cluster 1")
        .contains("vote.a: term")
        .contains("vote.b: term")
        .contains("journal/0000000001.seg, sector")
        .contains(".snap: revision")
        .contains("state: holds everything up to index 1")
        .endsWith("result: clean\n");
    assertThat(files()).isEqualTo(before);
  }

  @Test
  void whatTheNextStartMendsIsNamedAndLeftAlone() throws Exception {
    damage("vote.a", 20);
    damage("identity", 20);
    var before = files();
    assertThat(check()).isEqualTo(3);
    assertThat(said).contains("rot           vote.a").contains("2 of 3 copies are whole");
    assertThat(files()).isEqualTo(before);
    open().close();
    assertThat(check()).isZero();
  }

  @Test
  void aLostStateStoreIsMendable() throws Exception {
    try (var files = Files.list(data.resolve("state"))) {
      for (var file : files.toList()) {
        Files.delete(file);
      }
    }
    assertThat(check()).isEqualTo(3);
    assertThat(said).contains("it is rebuilt from the snapshot at index 1");
  }

  @Test
  void lossIsRefusedByTheServerNamedByTheCheckAndGivenUpByTheRepairAlone() throws Exception {
    damage("journal/0000000001.seg", place(4));
    Assertions.assertThatThrownBy(this::open)
        .isInstanceOf(StartRefusedException.class)
        .hasMessageContaining("--discard-from 4");
    assertThat(check()).isEqualTo(4);
    assertThat(said).contains("rot").contains("--discard-from 4");
    var before = files();
    assertThat(repair(3)).isEqualTo(4);
    assertThat(repair(5)).isEqualTo(4);
    assertThat(files().keySet()).isEqualTo(before.keySet());
    assertThat(repair(4)).isZero();
    assertThat(check()).isZero();
    try (var member = open()) {
      assertThat(member.journal().last().index()).isEqualTo(3);
    }
    assertThat(Files.readString(data.resolve("audit")))
        .contains("gives up the log from index 4 on")
        .contains("entries 4 to 4")
        .contains("repair: done");
    assertThat(repair(4)).isZero();
    assertThat(said).contains("nothing to give up");
  }

  private int repair(long index) {
    return run("repair", "--data-dir=" + data, "--discard-from=" + index);
  }

  @Test
  void aDirectoryInUseIsLeftAlone() throws Exception {
    var member = open();
    try {
      assertThat(check()).isEqualTo(6);
      assertThat(repair(4)).isEqualTo(6);
    } finally {
      member.close();
    }
    assertThat(check()).isZero();
  }

  @Test
  void aForeignDirectoryIsLeftAlone() throws Exception {
    var foreign = Files.createDirectory(parent.resolve("foreign"));
    assertThat(run("check", "--data-dir", foreign.toString())).isEqualTo(5);
    assertThat(run("repair", "--data-dir", foreign.toString(), "--discard-from", "3")).isEqualTo(5);
    assertThat(foreign).isEmptyDirectory();
    assertThat(run("check", "--data-dir", parent.resolve("nowhere").toString())).isEqualTo(1);
  }

  @Test
  void aWrongCallSaysHowToCall() {
    assertThat(run("check")).isEqualTo(2);
    assertThat(run("repair", "--data-dir", "d")).isEqualTo(2);
    assertThat(run("check", "--data-dir", "d", "--discard-from", "3")).isEqualTo(2);
    assertThat(run("check", "--colour", "red")).isEqualTo(2);
    assertThat(said).contains("Usage:");
  }

  @Test
  void bothVotesGoneIsRefused() throws Exception {
    damage("vote.a", SECTOR - 1);
    damage("vote.b", SECTOR - 1);
    assertThat(check()).isEqualTo(4);
    assertThat(said).contains("must not vote again");
  }
}
