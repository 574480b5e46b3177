package dev.kvorum.storage.journal.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the simulated disk promises to those who build on it. */
final class FaultyDiskTest {
  private static final int SECTOR = FaultyDisk.SECTOR_BYTES;
  private static final String FILE = "d/f";

  private final FaultyDisk disk = new FaultyDisk();

  private static DiskOperation write(int sector, int count, int value) {
    var content = new byte[count * SECTOR];
    Arrays.fill(content, (byte) value);
    return new DiskOperation.Write(FILE, (long) sector * SECTOR, ByteBuffer.wrap(content));
  }

  /** A durable file of four sectors of ones. */
  private void begin() throws DiskFaultException {
    disk.perform(
        List.of(
            new DiskOperation.MakeDirectory("d"),
            new DiskOperation.Create(FILE),
            write(0, 4, 1),
            new DiskOperation.Sync(FILE),
            new DiskOperation.SyncDirectory("d"),
            new DiskOperation.SyncDirectory("")));
  }

  /** The first byte of every sector. */
  private static List<Integer> sectors(FaultyDisk of) {
    var content = of.content(FILE);
    var firsts = new ArrayList<Integer>();
    for (var at = 0; at < content.length; at += SECTOR) {
      firsts.add((int) content[at]);
    }
    return firsts;
  }

  private FaultyDisk crash(CrashPolicy policy, int variant) {
    return disk.crash(policy.survival(variant, 1));
  }

  /** The next operation or read meets this. */
  private void once(FaultKind kind) {
    disk.plan(
        new FaultPlan() {
          private boolean met;

          @Override
          public @Nullable FaultKind operation(DiskOperation operation) {
            return meet();
          }

          @Override
          public @Nullable FaultKind read(String path, long offset, int length) {
            return meet();
          }

          private @Nullable FaultKind meet() {
            var answer = met ? null : kind;
            met = true;
            return answer;
          }
        });
  }

  @Test
  void eachPolicyKeepsWhatItsNameSays() throws Exception {
    begin();
    disk.perform(List.of(write(1, 4, 2), write(0, 1, 3)));
    assertThat(disk.unsyncedSectors()).isEqualTo(5);
    assertThat(sectors(crash(CrashPolicy.NOTHING, 0))).containsExactly(1, 1, 1, 1);
    assertThat(sectors(crash(CrashPolicy.EVERYTHING, 0))).containsExactly(3, 2, 2, 2, 2);
    assertThat(sectors(crash(CrashPolicy.PREFIX, 1))).containsExactly(1, 2, 2, 1);
    assertThat(sectors(crash(CrashPolicy.SUFFIX, 3))).containsExactly(3, 1, 1, 1, 2);
    assertThat(sectors(crash(CrashPolicy.ONE_MISSING, 1))).containsExactly(3, 2, 1, 2, 2);
    assertThat(sectors(crash(CrashPolicy.ONE_PRESENT, 2))).containsExactly(1, 1, 1, 2);
    assertThat(sectors(crash(CrashPolicy.CONTENT_WITHOUT_SIZE, 0))).containsExactly(3, 2, 2, 2);
    assertThat(sectors(crash(CrashPolicy.METADATA_WITHOUT_CONTENT, 0)))
        .containsExactly(1, 1, 1, 1, 0);
    var shorn = crash(CrashPolicy.SHORN, 0).content(FILE);
    assertThat(shorn[SECTOR]).isEqualTo((byte) 2);
    assertThat(shorn[2 * SECTOR - 1]).isEqualTo((byte) 1);
  }

  @Test
  void theOldestOfSeveralWritesMayBeFound() throws Exception {
    begin();
    disk.perform(List.of(write(3, 1, 9), write(3, 1, 9), write(0, 1, 2), write(0, 1, 3)));
    assertThat(sectors(crash(CrashPolicy.REVERSED, 0))).containsExactly(2, 1, 1, 1);
  }

  @Test
  void namesSurviveByThemselves() throws Exception {
    begin();
    disk.perform(
        List.of(
            new DiskOperation.Create("d/new"),
            new DiskOperation.WriteZeros("d/new", 0, SECTOR),
            new DiskOperation.Rename(FILE, "d/other")));
    var found = crash(CrashPolicy.NAMES_WITHOUT_CONTENT, 0);
    assertThat(found.files()).containsExactly("d/new", "d/other");
    assertThat(found.size("d/new")).isZero();
    assertThat(crash(CrashPolicy.CONTENT_WITHOUT_NAMES, 0).files()).containsExactly(FILE);
  }

  @Test
  void aFileIsGoneWithItsDirectory() throws Exception {
    disk.perform(
        List.of(
            new DiskOperation.MakeDirectory("d"),
            new DiskOperation.Create(FILE),
            new DiskOperation.SyncDirectory("d")));
    assertThat(crash(CrashPolicy.NOTHING, 0).files()).isEmpty();
  }

  @Test
  void afterAFailedSyncOnExt4TheNextOneSucceedsWithoutTheData() throws Exception {
    begin();
    var round = 0;
    for (var lost = false; !lost; round++) {
      disk.perform(List.of(write(0, 4, 10 + round)));
      once(FaultKind.SYNC_ERROR_PAGES_CLEAN);
      assertThatThrownBy(() -> disk.perform(List.of(new DiskOperation.Sync(FILE))))
          .isInstanceOf(DiskFaultException.class);
      assertThat(sectors(disk)).containsOnly(10 + round);
      disk.perform(List.of(new DiskOperation.Sync(FILE)));
      var found = sectors(crash(CrashPolicy.EVERYTHING, 0));
      lost = found.stream().anyMatch(value -> value != 10);
      disk.dropCache();
      assertThat(sectors(disk)).isEqualTo(found);
    }
  }

  @Test
  void afterAFailedSyncOnBtrfsTheOldContentIsRead() throws Exception {
    begin();
    disk.perform(List.of(write(2, 4, 2)));
    once(FaultKind.SYNC_ERROR_OLD_CONTENT);
    assertThatThrownBy(() -> disk.perform(List.of(new DiskOperation.Sync(FILE))))
        .isInstanceOf(DiskFaultException.class);
    assertThat(sectors(disk)).containsExactly(1, 1, 1, 1);
  }

  @Test
  void aLostWriteIsReadUntilTheCacheIsDropped() throws Exception {
    begin();
    once(FaultKind.LOST_WRITE);
    disk.perform(List.of(write(1, 1, 5), new DiskOperation.Sync(FILE)));
    assertThat(sectors(disk)).containsExactly(1, 5, 1, 1);
    disk.dropCache();
    assertThat(sectors(disk)).containsExactly(1, 1, 1, 1);
  }

  @Test
  void aMisdirectedWriteLandsElsewhere() throws Exception {
    begin();
    once(FaultKind.MISDIRECTED_WRITE);
    disk.perform(List.of(write(1, 1, 5), new DiskOperation.Sync(FILE)));
    disk.dropCache();
    assertThat(sectors(disk)).hasSize(4).containsOnlyOnce(5);
  }

  @Test
  void aLyingSyncLeavesTheDecisionToTheCrash() throws Exception {
    begin();
    disk.lie(true);
    disk.perform(List.of(write(1, 1, 5), new DiskOperation.Sync(FILE)));
    assertThat(sectors(crash(CrashPolicy.NOTHING, 0))).containsExactly(1, 1, 1, 1);
    assertThat(sectors(crash(CrashPolicy.EVERYTHING, 0))).containsExactly(1, 5, 1, 1);
  }

  @Test
  void readFaultsSpoilTheReadAndNotTheMedium() throws Exception {
    begin();
    disk.perform(List.of(write(0, 4, 2), new DiskOperation.Sync(FILE)));
    for (var kind :
        List.of(
            FaultKind.STALE_READ,
            FaultKind.FLIPPED_BIT,
            FaultKind.ZEROED_SECTOR,
            FaultKind.GARBLED_SECTOR)) {
      once(kind);
      var bad = ByteBuffer.allocate(4 * SECTOR);
      assertThat(disk.read(FILE, 0, bad)).isEqualTo(4 * SECTOR);
      assertThat(bad.array()).as(kind.toString()).isNotEqualTo(disk.content(FILE));
      var good = ByteBuffer.allocate(4 * SECTOR);
      disk.read(FILE, 0, good);
      assertThat(good.array()).isEqualTo(disk.content(FILE));
      assertThat(disk.happened(kind)).isEqualTo(1);
    }
    once(FaultKind.READ_ERROR);
    assertThatThrownBy(() -> disk.read(FILE, 0, ByteBuffer.allocate(4)))
        .isInstanceOf(DiskFaultException.class);
    once(FaultKind.SHORT_READ);
    assertThat(disk.read(FILE, 0, ByteBuffer.allocate(4 * SECTOR))).isLessThan(4 * SECTOR);
  }

  @Test
  void spaceIsCountedAndGivenBack() throws Exception {
    begin();
    disk.limitSpace(6 * SECTOR);
    assertThat(disk.usableBytes()).isEqualTo(2 * SECTOR);
    assertThatThrownBy(() -> disk.perform(List.of(write(4, 3, 1))))
        .isInstanceOfSatisfying(
            DiskFaultException.class,
            e -> assertThat(e.fault().kind()).isEqualTo(DiskFault.Kind.NO_SPACE));
    disk.perform(List.of(write(4, 2, 1)));
    disk.perform(List.of(new DiskOperation.Delete(FILE)));
    assertThat(disk.usableBytes()).isEqualTo(6 * SECTOR);
  }

  @Test
  void damageOnTheMediumStays() throws Exception {
    begin();
    disk.damage(FaultKind.ZEROED_SECTOR, FILE, 2);
    disk.dropCache();
    assertThat(sectors(disk)).containsExactly(1, 1, 0, 1);
    disk.exchange(FILE, 2, FILE, 3);
    assertThat(sectors(disk)).containsExactly(1, 1, 1, 0);
    disk.truncate(FILE, SECTOR);
    assertThat(sectors(crash(CrashPolicy.EVERYTHING, 0))).containsExactly(1);
  }

  @Test
  void theSameSeedMakesTheSameFaults() throws Exception {
    assertThat(life(5)).isEqualTo(life(5)).isNotEqualTo(life(6));
  }

  private static List<Object> life(long seed) throws DiskFaultException {
    var disk = new FaultyDisk(seed);
    disk.put(FILE, new byte[16 * SECTOR]);
    var rates = Map.of(FaultKind.WRITE_ERROR, 200_000, FaultKind.MISDIRECTED_WRITE, 300_000);
    disk.plan(new RandomFaults(new SplittableRandom(seed), rates));
    var story = new ArrayList<Object>();
    for (var i = 0; i < 50; i++) {
      disk.submit(List.of(write(i % 16, 1, i), new DiskOperation.Sync(FILE)), story::add);
      while (disk.step()) {
        story.add(disk.performed());
      }
    }
    disk.dropCache();
    story.add(sectors(disk));
    return story;
  }

  @Test
  void damageComesAfterWhatWasOnItsWay() throws Exception {
    begin();
    disk.perform(List.of(write(2, 1, 5)));
    disk.damage(FaultKind.ZEROED_SECTOR, FILE, 2);
    disk.perform(List.of(new DiskOperation.Sync(FILE)));
    assertThat(sectors(disk)).containsExactly(1, 1, 0, 1);
    assertThat(sectors(crash(CrashPolicy.NOTHING, 0))).containsExactly(1, 1, 0, 1);
  }

  @Test
  void whoDiesTakesAlongWhatItHasSubmitted() throws Exception {
    begin();
    disk.submit(
        List.of(write(0, 1, 7), write(1, 1, 7)),
        _ -> {
          throw new AssertionError("the dead hear nothing");
        });
    disk.step();
    disk.forgetSubmitted();
    assertThat(disk.step()).isFalse();
    var done = new ArrayList<DiskResult>();
    disk.submit(List.of(write(2, 1, 8)), done::add);
    assertThat(disk.step()).isTrue();
    assertThat(done).containsExactly(new DiskResult.Done());
    assertThat(sectors(disk)).containsExactly(7, 1, 8, 1);
  }
}
