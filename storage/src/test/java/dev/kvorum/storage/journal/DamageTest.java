package dev.kvorum.storage.journal;

import static dev.kvorum.storage.journal.Node.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.disk.DiskResult;
import dev.kvorum.storage.journal.disk.MemoryDisk;
import dev.kvorum.storage.model.Bytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Every bit, every sector, every length of a journal that holds every kind of record is damaged,
 * one at a time. A lone voter must either start with everything that was acknowledged or refuse;
 * there is no third way.
 */
final class DamageTest {
  /** How large the journal is; the build's value keeps this test at some seconds. */
  private static final int BYTES = Integer.getInteger("kvorum.damage.bytes", 20 << 10);

  private static final JournalOptions OPTIONS = new JournalOptions(8192, 4096, 4096, 4096, 2, 0);

  /**
   * What the state store is said to hold, for a member whose state is gone and one whose is not.
   */
  private static final EntryId NOTHING = EntryId.ORIGIN;

  private EntryId covered = NOTHING;
  private final RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);
  private Node node = new Node(new MemoryDisk(new ArrayDeque<Runnable>()::add), journalToCome());
  private MemoryDisk disk = new MemoryDisk(new ArrayDeque<Runnable>()::add);
  private List<Entry> acknowledged = List.of();

  /** The entries of the last batch, which alone may be taken for torn. */
  private List<Entry> withoutLastBatch = List.of();

  private int started;
  private int refused;
  private int torn;

  private static Journal journalToCome() {
    try {
      return Node.open(new MemoryDisk(Runnable::run), true).journal;
    } catch (DiskFaultException e) {
      throw new AssertionError(e);
    }
  }

  /** A journal over several segments with every kind of record. */
  @BeforeEach
  void write() throws Exception {
    var loop = new ArrayDeque<Runnable>();
    disk = new MemoryDisk(loop::add);
    node = Node.open(disk, OPTIONS, true, new Keep.Everything());
    run(loop, entry(1, 1, 600), entry(1, 2, 20), entry(1, 3, 90));
    node.journal.mark(new Mark.LogReset(new EntryId(3, 10)));
    run(loop, new Entry(3, 11, Entry.Type.EMPTY, Bytes.EMPTY));
    run(loop, new Entry(3, 12, Entry.Type.MEMBERSHIP, Bytes.utf8("members")));
    run(loop, entry(3, 13, 40));
    // The end is lost and given up, so that the chain begins anew with a cut.
    disk.content("journal/0000000001.seg")[5 * Sector.BYTES + 100] ^= 1;
    node = Node.open(disk, OPTIONS, false, new Keep.BeforeDamage());
    assertThat(node.journal.last()).isEqualTo(new EntryId(3, 12));
    var index = 13L;
    while (size() < BYTES) {
      run(loop, entry(3, index, random.nextInt(500)), entry(3, index + 1, random.nextInt(900)));
      index += 2;
      if (index % 4 == 1) {
        node.journal.mark(new Mark.StateSynced(new EntryId(3, index - 6)));
      }
    }
    node.journal.mark(new Mark.SnapshotTaken(new EntryId(3, 13)));
    // Another leader overwrites the end.
    run(loop, entry(4, index - 1, 30), entry(4, index, 700));
    withoutLastBatch = node.entries();
    run(loop, entry(4, index + 1, 800), entry(4, index + 2, 30));
    acknowledged = node.entries();
    assertThat(node.journal.statistics().segments()).isGreaterThan(2);
  }

  private void run(ArrayDeque<Runnable> loop, Entry... entries) {
    node.append(entries);
    var job = node.journal.poll();
    while (job != null) {
      disk.perform(job.operations());
      var _ = node.journal.completed(new DiskResult.Done());
      job = node.journal.poll();
    }
    loop.clear();
  }

  private long size() {
    return disk.files().entrySet().stream()
        .filter(file -> file.getKey().endsWith(".seg"))
        .mapToLong(file -> file.getValue().length)
        .sum();
  }

  private List<String> segments() {
    return disk.files().keySet().stream().filter(path -> path.endsWith(".seg")).toList();
  }

  /**
   * The verdict on the journal as it now is.
   *
   * @param mayBeTorn whether the damage may look like a last batch that was never synced
   */
  private void judge(boolean mayBeTorn, String what) throws Exception {
    var scan = JournalScan.read(disk, Node.OWNER, false);
    assertThat(scan.contradiction()).as(what).isNull();
    for (var state : List.of(NOTHING, new EntryId(3, 20))) {
      covered = state;
      switch (LoneVoter.decide(scan, new EntryId(3, Math.max(10, state.index())), "d")) {
        case StartDecision.Start(var keep, _) -> {
          started++;
          assertThat(keep instanceof Keep.Everything).as(what).isEqualTo(scan.isSound());
          if (scan.isTorn()) {
            torn++;
            assertThat(mayBeTorn).as(what).isTrue();
            assertThat(visible(scan)).as(what).isEqualTo(needed(withoutLastBatch, scan));
          } else if (keep instanceof Keep.BehindDamage && scan.end() == null) {
            // Only a loss below what the state holds is overlooked at the end.
            assertThat(state.index())
                .as(what)
                .isGreaterThanOrEqualTo(acknowledged.getLast().index());
          } else {
            assertThat(visible(scan)).as(what).isEqualTo(needed(acknowledged, scan));
          }
        }
        case StartDecision.Refuse(var message) -> {
          refused++;
          assertThat(message).as(what).containsIgnoringCase("restore a backup");
          assertThat(scan.damages().isEmpty() && scan.base().index() <= 10).as(what).isFalse();
        }
      }
    }
  }

  private static List<Entry> needed(List<Entry> entries, JournalScan scan) {
    return entries.stream().filter(entry -> entry.index() > scan.base().index()).toList();
  }

  private List<Entry> visible(JournalScan scan) throws Exception {
    var from = scan.base().index() + 1;
    assertThat(from).isLessThanOrEqualTo(Math.max(10, covered.index()) + 1);
    var to = scan.last().index() + 1;
    return new LogRange(from, to, scan.log().extents(from, to)).read(disk, Long.MAX_VALUE);
  }

  private void report(String test) {
    System.out.println(
        "%s: %d segments, %d bytes, %d starts, %d refusals, %d taken for torn"
            .formatted(test, segments().size(), size(), started, refused, torn));
  }

  @Test
  void theUndamagedJournalStarts() throws Exception {
    judge(false, "undamaged");
    assertThat(refused).isZero();
  }

  @Test
  void everyFlippedBitIsEitherHarmlessOrRefused() throws Exception {
    for (var path : segments()) {
      var file = disk.content(path);
      for (var bit = 0; bit < file.length * 8; bit++) {
        var mask = (byte) (1 << bit % 8);
        file[bit / 8] ^= mask;
        judge(false, path + " bit " + bit);
        file[bit / 8] ^= mask;
      }
    }
    report("bits");
    assertThat(refused).isPositive();
  }

  @Test
  void everyDamagedSectorIsEitherHarmlessOrRefusedOrTheLastBatch() throws Exception {
    for (var path : segments()) {
      var file = disk.content(path);
      var number = Long.parseLong(path.substring(8, 18));
      for (var at = 0; at < file.length; at += Sector.BYTES) {
        var kept = Arrays.copyOfRange(file, at, at + Sector.BYTES);
        Arrays.fill(file, at, at + Sector.BYTES, (byte) 0);
        judge(true, path + " sector zeroed at " + at);
        var noise = new byte[Sector.BYTES];
        random.nextBytes(noise);
        System.arraycopy(noise, 0, file, at, Sector.BYTES);
        judge(false, path + " sector garbled at " + at);
        System.arraycopy(noise, 0, file, at, Sector.BYTES);
        Sector.seal(
            ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN),
            at,
            number - 1,
            at / Sector.BYTES,
            true,
            true,
            number);
        judge(true, path + " sector of the previous generation at " + at);
        System.arraycopy(kept, 0, file, at, Sector.BYTES);
      }
    }
    report("sectors");
  }

  @Test
  void everyPairOfExchangedSectorsIsEitherHarmlessOrRefused() throws Exception {
    var places = new ArrayList<Map.Entry<String, Integer>>();
    for (var path : segments()) {
      for (var at = 0; at < disk.content(path).length; at += Sector.BYTES) {
        places.add(Map.entry(path, at));
      }
    }
    for (var i = 0; i < places.size(); i++) {
      for (var j = i + 1; j < places.size(); j++) {
        var first = disk.content(places.get(i).getKey());
        var second = disk.content(places.get(j).getKey());
        exchange(first, places.get(i).getValue(), second, places.get(j).getValue());
        judge(true, places.get(i) + " and " + places.get(j));
        exchange(first, places.get(i).getValue(), second, places.get(j).getValue());
      }
    }
    report("exchanges");
  }

  private static void exchange(byte[] first, int from, byte[] second, int to) {
    var kept = Arrays.copyOfRange(first, from, from + Sector.BYTES);
    System.arraycopy(second, to, first, from, Sector.BYTES);
    System.arraycopy(kept, 0, second, to, Sector.BYTES);
  }

  @Test
  void everyTruncationOfASegmentIsEitherHarmlessOrRefused() throws Exception {
    for (var path : segments()) {
      var file = disk.content(path).clone();
      var step = path.equals(segments().getLast()) ? 1 : 64;
      for (var size = 0; size < file.length; size += step) {
        disk.put(path, Arrays.copyOf(file, size));
        judge(false, path + " cut to " + size);
      }
      disk.put(path, file);
    }
    report("truncations");
  }

  @Test
  void everyMissingSegmentIsNoticed() throws Exception {
    var paths = segments();
    for (var path : paths.subList(0, paths.size() - 1)) {
      var file = disk.content(path).clone();
      disk.perform(List.of(new DiskOperation.Delete(path)));
      judge(false, path + " deleted");
      disk.put(path, file);
    }
    report("missing segments");
  }
}
