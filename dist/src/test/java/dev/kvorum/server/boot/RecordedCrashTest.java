package dev.kvorum.server.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.storage.backend.Backend;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.journal.disk.CrashPolicy;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.disk.FaultyDisk;
import dev.kvorum.storage.journal.snapshot.Snapshots;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Member;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.RecordCodec;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The power is cut under a real member: journal, votes, snapshots and Xodus on real files. What the
 * member does to its files under traffic is recorded once. Then the recording is played up to some
 * operation, a policy decides which of the un-synced sectors, sizes and names survive, the files
 * are laid out again, and the server's own start and stages have to find everything that was
 * acknowledged by then, and nothing half.
 *
 * <p>Every operation under every policy: {@code mvn -pl dist -am test -Dtest=RecordedCrashTest
 * -Dsurefire.failIfNoSpecifiedTests=false -Dkvorum.recorded.crashes=0}.
 */
class RecordedCrashTest {
  /** How many crashes, 0 for all. */
  private static final int CRASHES = Integer.getInteger("kvorum.recorded.crashes", 80);

  private static final int REQUESTS = Integer.getInteger("kvorum.recorded.requests", 150);
  private static final long SEED = Long.getLong("kvorum.recorded.seed", 1);
  private static final int KEYS = 8;
  private static final int LARGEST_VALUE_BYTES = 3_000;

  @TempDir Path directory;

  private final List<DiskOperation> recording = new ArrayList<>();

  /** How many requests were acknowledged, by how many operations had been performed. */
  private final NavigableMap<Integer, Integer> acknowledged = new TreeMap<>();

  /** All records, by their key in the store. */
  private NavigableMap<Bytes, Bytes> written = new TreeMap<>();

  private record Crash(int after, CrashPolicy policy, long seed) {}

  @Test
  void afterAPowerCutEverythingAcknowledgedIsThereAndNothingHalf() throws Exception {
    var disk = record();

    var done = 0;
    var refused = 0;
    for (var crash : crashes()) {
      for (; done < crash.after; done++) {
        disk.perform(List.of(recording.get(done)));
      }
      refused += holds(disk, crash) ? 0 : 1;
    }

    // Half a sector cannot be told from rot, and a lone voter asks its operator about rot (P19).
    assertThat(refused).isLessThanOrEqualTo(crashes().size() / CrashPolicy.values().length);
  }

  /** The test finds what it looks for: a journal whose syncs do nothing. */
  @Test
  void aMemberThatDoesNotSyncItsJournalIsFound() throws Exception {
    var disk = record();
    for (var operation : recording) {
      if (!(operation instanceof DiskOperation.Sync(var path) && path.startsWith("journal/"))) {
        disk.perform(List.of(operation));
      }
    }
    var end = new Crash(recording.size(), CrashPolicy.NOTHING, SEED);

    assertThatThrownBy(() -> holds(disk, end)).isInstanceOf(AssertionError.class);
  }

  private List<Crash> crashes() {
    var crashes = new ArrayList<Crash>();
    var random = new Random(SEED);
    var policies = CrashPolicy.values();
    if (CRASHES == 0) {
      for (var after = 0; after <= recording.size(); after++) {
        for (var policy : policies) {
          crashes.add(new Crash(after, policy, random.nextLong()));
        }
      }
    } else {
      for (var i = 0; i < CRASHES; i++) {
        var after = random.nextInt(recording.size() + 1);
        crashes.add(new Crash(after, policies[i % policies.length], random.nextLong()));
      }
    }
    crashes.sort(Comparator.comparingInt(Crash::after));
    return crashes;
  }

  // Recording.

  /** Runs the traffic; returns the disk as it was before. */
  private FaultyDisk record() throws Exception {
    var home = directory.resolve("recorded");
    MemberBoot.open(
            home,
            null,
            () ->
                new Founding(
                    1,
                    2,
                    "one",
                    List.of(new Member(2, "one", List.of("http://one"), List.of(), false))))
        .close();
    try (var member = open(home)) {
      member.backend().sync();
      var before = new FaultyDisk();
      lay(home, before);
      var name = String.valueOf(home.relativize(member.directory().state()));
      var backend =
          new RecordedBackend(member.backend(), member.directory().state(), name, recording);
      var disk = new RecordedDisk(member.directory().logDisk(), recording);
      var snapshots = new Snapshots(new RecordedDisk(member.directory().dataDisk(), recording));
      var count = new int[1];
      var loop =
          new StageLoop(
              member,
              disk,
              backend,
              snapshots,
              _ -> acknowledged.put(recording.size(), ++count[0]));
      loop.start();
      var random = new Random(SEED);
      for (var i = 1; i <= REQUESTS; i++) {
        loop.propose(i, request(random));
        if (random.nextInt(3) > 0) {
          loop.run();
        }
        if (i % (REQUESTS / 3) == 0) {
          loop.run();
          loop.snapshot();
        }
      }
      loop.run();
      loop.flush();
      assertThat(count[0]).isEqualTo(REQUESTS);
      written = records(backend);
      return before;
    }
  }

  /** Each request makes exactly one revision. */
  private static Command request(Random random) {
    return random.nextInt(3) > 0
        ? put(random)
        : new Command.Txn(
            List.of(),
            List.of(put(random), new Command.DeleteRange(key(random), Bytes.EMPTY, false)),
            List.of());
  }

  private static Command.Put put(Random random) {
    var value = new byte[random.nextInt(LARGEST_VALUE_BYTES)];
    random.nextBytes(value);
    return new Command.Put(key(random), Bytes.wrap(value), 0, false, false, false);
  }

  private static Bytes key(Random random) {
    return Bytes.utf8("key-" + random.nextInt(KEYS));
  }

  private static NavigableMap<Bytes, Bytes> records(Backend backend) {
    var found = new TreeMap<Bytes, Bytes>();
    try (var view = backend.openReadView()) {
      view.scan(
          Bucket.KEY,
          Bytes.EMPTY,
          (key, value) -> {
            found.put(key, value);
            return true;
          });
    }
    return found;
  }

  private static OpenedMember open(Path home) throws Exception {
    return MemberBoot.open(
        home,
        null,
        () -> {
          throw new AssertionError("a directory with data founds nothing");
        });
  }

  // Playing.

  /** Whether the member starts; what it finds then must be right. */
  private boolean holds(FaultyDisk disk, Crash crash) throws Exception {
    var random = new Random(crash.seed);
    var variant = random.nextInt(crash.policy.variants(disk.unsyncedSectors()));
    var found = disk.crash(crash.policy.survival(variant, crash.seed));
    var home = Files.createTempDirectory(directory, "crash");
    layOut(found, home);
    var promised = acknowledged.floorEntry(crash.after);
    var least = 1 + (promised == null ? 0 : promised.getValue());
    try (var member = open(home)) {
      var work = new RecordedDisk(member.directory().logDisk(), new ArrayList<>());
      var loop = new StageLoop(member, work, member.backend(), member.snapshots(), _ -> {});
      loop.start();
      loop.flush();
      var revision = loop.machine().kv().revision();
      assertThat(revision)
          .as("%s, variant %d", crash, variant)
          .isBetween(least + 0L, REQUESTS + 1L);
      assertThat(records(member.backend()))
          .as("%s, variant %d", crash, variant)
          .isEqualTo(written.headMap(RecordCodec.bucketKey(new Revision(revision + 1, 0)), false));
      return true;
    } catch (StartRefusedException refused) {
      assertThat(crash.policy).as("%s: %s", crash, refused).isEqualTo(CrashPolicy.SHORN);
      return false;
    } finally {
      delete(home);
    }
  }

  /** Takes the files over, all durable. */
  private static void lay(Path home, FaultyDisk disk) throws IOException {
    try (var files = Files.walk(home)) {
      for (var file : files.filter(Files::isRegularFile).sorted().toList()) {
        if (!file.toString().endsWith(".lck")) {
          disk.put(String.valueOf(home.relativize(file)), Files.readAllBytes(file));
        }
      }
    }
  }

  /** Writes the files; what is zero stays a hole. */
  private static void layOut(FaultyDisk disk, Path home) throws IOException {
    var zeros = new byte[FaultyDisk.SECTOR_BYTES];
    for (var path : disk.files()) {
      var file = home.resolve(path);
      Files.createDirectories(file.resolveSibling("."));
      var content = disk.content(path);
      try (var target = new RandomAccessFile(file.toFile(), "rw")) {
        target.setLength(content.length);
        for (var at = 0; at < content.length; at += zeros.length) {
          var end = Math.min(content.length, at + zeros.length);
          if (!Arrays.equals(content, at, end, zeros, 0, end - at)) {
            target.seek(at);
            target.write(content, at, end - at);
          }
        }
      }
    }
  }

  private static void delete(Path home) throws IOException {
    try (var files = Files.walk(home)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
