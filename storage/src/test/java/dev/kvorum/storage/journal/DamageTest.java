package dev.kvorum.storage.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.disk.MemoryDisk;
import dev.kvorum.storage.journal.vote.Claim;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every bit, every sector, every length of a journal that holds every kind of record is damaged,
 * one at a time. Each time the scan must say what the table of the policy says; and a lone voter
 * must start with everything that was acknowledged, or refuse; there is no third way.
 */
final class DamageTest {
  /** How large the journal is. */
  private static final int BYTES = Integer.getInteger("kvorum.damage.bytes", 64 << 10);

  /** In every how many-th case entries are read back, beside comparing where they lie. */
  private static final int READ_EVERY = 64;

  private static final Map<Boolean, WrittenJournal> WRITTEN =
      Map.of(true, write(BYTES, true), false, write(BYTES / 4, false));

  private static WrittenJournal write(int bytes, boolean released) {
    try {
      return new WrittenJournal(bytes, released);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** What was found, over all threads of a test. */
  private static final class Counts {
    final Map<Verdict.Kind, LongAdder> verdicts = new EnumMap<>(Verdict.Kind.class);
    final LongAdder starts = new LongAdder();
    final LongAdder refusals = new LongAdder();

    Counts() {
      for (var kind : Verdict.Kind.values()) {
        verdicts.put(kind, new LongAdder());
      }
    }

    void count(Verdict.Kind kind) {
      Objects.requireNonNull(verdicts.get(kind)).increment();
    }

    void print(String test, WrittenJournal journal) {
      var line = new StringBuilder();
      for (var kind : Verdict.Kind.values()) {
        line.append(' ').append(kind).append(' ').append(verdicts.get(kind));
      }
      System.out.println(
          "%s: %d segments, %d batches,%s; %s starts, %s refusals"
              .formatted(
                  test,
                  journal.segments().size(),
                  journal.batches().size(),
                  line,
                  starts,
                  refusals));
    }
  }

  /** One thread's copy of the journal, and the judge of it. */
  private static final class Patient {
    final WrittenJournal journal;
    final MemoryDisk disk;
    final DamagePolicyTable table;
    private final Counts counts;
    private long judged;

    Patient(WrittenJournal journal, Counts counts) {
      this.journal = journal;
      this.counts = counts;
      disk = journal.disk();
      table = new DamagePolicyTable(journal);
    }

    /** The verdict on the journal as it now is. */
    void judge(String what, long where) throws Exception {
      var scan = JournalScan.read(disk, Node.OWNER, false);
      var expected = table.expected(disk);
      classify(scan, expected, what, where);
      counts.count(expected.kind());
      judged++;
      // A state store that is gone, and one that covers a part.
      var middle = journal.acknowledged().get(journal.acknowledged().size() / 2);
      decide(scan, expected, journal.base(), what, where);
      decide(scan, expected, new EntryId(middle.term(), middle.index()), what, where);
    }

    private void classify(
        JournalScan scan, DamagePolicyTable.Expected expected, String what, long where) {
      if (scan.contradiction() != null) {
        throw wrong(what, where, scan.contradiction());
      }
      var batch = expected.batch();
      var damages = scan.damages();
      switch (expected.kind()) {
        case SOUND, STRAY, TORN -> {
          if (!damages.isEmpty() || scan.isTorn() != (expected.kind() == Verdict.Kind.TORN)) {
            throw wrong(what, where, "expected " + expected + ", found " + scan.verdicts());
          }
        }
        case ROT, LOST -> {
          var kind = expected.kind() == Verdict.Kind.ROT ? Damage.Kind.ROT : Damage.Kind.LOST;
          var first = damages.isEmpty() ? null : damages.getFirst();
          var from = expected.from();
          // Without the batch that gave an end up, that end is found again, in an earlier place.
          var fits =
              first != null
                  && (first.kind() == kind || (batch != null && batch.restart()))
                  && (batch == null
                      || from == null
                      || batch.restart()
                      || (first.segment().equals(from.path())
                          && first.sector() == from.sector()
                          && (first.batch() == from.number() || first.batch() == 0)));
          if (!fits) {
            throw wrong(what, where, "expected " + expected + ", found " + scan.verdicts());
          }
          claim(scan.claim(), what, where);
        }
        case CONTRADICTION -> throw wrong(what, where, "the table knows no contradiction here");
      }
    }

    /** A claim that is known covers everything that was ever acknowledged. */
    private void claim(Claim claim, String what, long where) {
      var last = journal.acknowledged().getLast();
      if (claim instanceof Claim.Sound
          || (claim instanceof Claim.Reached(var position)
              && position.compareTo(new EntryId(last.term(), last.index())) < 0)) {
        throw wrong(what, where, "claims only " + claim);
      }
    }

    private void decide(
        JournalScan scan,
        DamagePolicyTable.Expected expected,
        EntryId covered,
        String what,
        long where)
        throws Exception {
      switch (LoneVoter.decide(scan, covered, "d")) {
        case StartDecision.Start(var keep, _) -> {
          counts.starts.increment();
          if (keep instanceof Keep.Everything != scan.isSound()) {
            throw wrong(what, where, "keeps " + keep);
          }
          var dropsTail =
              expected.kind() == Verdict.Kind.TORN
                  || loses(expected)
                  || (scan.isTorn() && table.isTornAtTheEnd());
          compare(scan, dropsTail, covered, what, where);
        }
        case StartDecision.Refuse(var message) -> {
          counts.refusals.increment();
          if (!message.toLowerCase(java.util.Locale.ROOT).contains("restore a backup")
              || !expected.kind().isDamage()) {
            throw wrong(what, where, message);
          }
        }
      }
    }

    /**
     * The whole last batch has vanished, which nothing on the disk can tell from its never being.
     */
    private static boolean loses(DamagePolicyTable.Expected expected) {
      return expected.kind() == Verdict.Kind.SOUND && expected.batch() != null;
    }

    /**
     * Everything above what is covered is there: in the very places where it was written, which the
     * table knows to be whole, or else it is read back.
     */
    private void compare(
        JournalScan scan, boolean dropsTail, EntryId covered, String what, long where)
        throws Exception {
      var wanted = dropsTail ? journal.withoutLastBatch() : journal.acknowledged();
      var from = Math.max(covered.index(), scan.base().index()) + 1;
      var last = wanted.getLast().index();
      if (scan.base().index() > covered.index() || scan.last().index() < last) {
        throw wrong(what, where, "only " + scan.base() + " to " + scan.last());
      }
      var found = scan.log().extents(from, last + 1);
      var same = found.equals(journal.index().extents(from, last + 1));
      if (!same || judged % READ_EVERY == 0) {
        var entries = new LogRange(from, last + 1, found).read(disk, Long.MAX_VALUE);
        var skipped = (int) (from - wanted.getFirst().index());
        assertThat(entries).as(what + where).isEqualTo(wanted.subList(skipped, wanted.size()));
      }
    }

    private static AssertionError wrong(String what, long where, @Nullable String found) {
      return new AssertionError(what + " " + where + ": " + found);
    }
  }

  @FunctionalInterface
  private interface Work {
    void on(Patient patient, String path) throws Exception;
  }

  /** Every segment, some at the same time, each thread with a journal of its own. */
  private static void forEverySegment(String test, WrittenJournal journal, Work work) {
    var counts = new Counts();
    journal.segments().parallelStream()
        .forEach(
            path -> {
              try {
                work.on(new Patient(journal, counts), path);
              } catch (Exception e) {
                throw new AssertionError(path, e);
              }
            });
    counts.print(test, journal);
  }

  private static WrittenJournal journal(boolean released) {
    return java.util.Objects.requireNonNull(WRITTEN.get(released));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void everyFlippedBitIsClassifiedAndHarmlessOrRefused(boolean released) {
    forEverySegment(
        "bits",
        journal(released),
        (patient, path) -> {
          var file = patient.disk.content(path);
          for (var bit = 0; bit < file.length * 8; bit++) {
            var mask = (byte) (1 << bit % 8);
            var sector = bit / 8 / Sector.BYTES;
            file[bit / 8] ^= mask;
            patient.table.changed(patient.disk, path, sector);
            patient.judge(path, bit);
            file[bit / 8] ^= mask;
            patient.table.changed(patient.disk, path, sector);
          }
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void everyDamagedSectorIsClassifiedAndHarmlessOrRefused(boolean released) {
    forEverySegment(
        "sectors",
        journal(released),
        (patient, path) -> {
          var file = patient.disk.content(path);
          var number = Long.parseLong(path.substring(8, 18));
          var random = RandomGeneratorFactory.of("L64X128MixRandom").create(number);
          for (var at = 0; at < file.length; at += Sector.BYTES) {
            var kept = Arrays.copyOfRange(file, at, at + Sector.BYTES);
            var sector = at / Sector.BYTES;
            Arrays.fill(file, at, at + Sector.BYTES, (byte) 0);
            patient.table.changed(patient.disk, path, sector);
            patient.judge(path + " zeroed at ", at);
            var noise = new byte[Sector.BYTES];
            random.nextBytes(noise);
            System.arraycopy(noise, 0, file, at, Sector.BYTES);
            patient.table.changed(patient.disk, path, sector);
            patient.judge(path + " garbled at ", at);
            // Half of a write.
            System.arraycopy(kept, 0, file, at, Sector.BYTES / 2);
            patient.table.changed(patient.disk, path, sector);
            patient.judge(path + " shorn at ", at);
            Sector.seal(
                ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN),
                at,
                number - 1,
                sector,
                true,
                true,
                number);
            patient.table.changed(patient.disk, path, sector);
            patient.judge(path + " of the previous generation at ", at);
            System.arraycopy(kept, 0, file, at, Sector.BYTES);
            patient.table.changed(patient.disk, path, sector);
          }
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void everyPairOfExchangedSectorsIsClassifiedAndHarmlessOrRefused(boolean released) {
    var journal = journal(released);
    record Place(String path, int sector) {}
    var places = new ArrayList<Place>();
    journal
        .files()
        .forEach(
            (path, content) -> {
              if (path.endsWith(".seg")) {
                IntStream.range(0, content.length / Sector.BYTES)
                    .forEach(sector -> places.add(new Place(path, sector)));
              }
            });
    forEverySegment(
        "exchanges",
        journal,
        (patient, path) -> {
          for (var i = 0; i < places.size(); i++) {
            var one = places.get(i);
            for (var other : places.subList(i + 1, places.size())) {
              if (one.path.equals(path)) {
                for (var back = 0; back < 2; back++) {
                  exchange(patient.disk, one.path, one.sector, other.path, other.sector);
                  patient.table.changed(patient.disk, one.path, one.sector);
                  patient.table.changed(patient.disk, other.path, other.sector);
                  if (back == 0) {
                    patient.judge(one + " and " + other, 0);
                  }
                }
              }
            }
          }
        });
  }

  private static void exchange(
      MemoryDisk disk, String path, int sector, String otherPath, int otherSector) {
    var first = disk.content(path);
    var second = disk.content(otherPath);
    var from = sector * Sector.BYTES;
    var to = otherSector * Sector.BYTES;
    var kept = Arrays.copyOfRange(first, from, from + Sector.BYTES);
    System.arraycopy(second, to, first, from, Sector.BYTES);
    System.arraycopy(kept, 0, second, to, Sector.BYTES);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void everyTruncationIsClassifiedAndHarmlessOrRefused(boolean released) {
    forEverySegment(
        "truncations",
        journal(released),
        (patient, path) -> {
          var file = patient.disk.content(path).clone();
          for (var size = 0; size < file.length; size++) {
            patient.disk.put(path, Arrays.copyOf(file, size));
            patient.table.resized(patient.disk, path);
            patient.judge(path + " cut to ", size);
          }
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void everyMissingSegmentIsNoticed(boolean released) throws Exception {
    var journal = journal(released);
    var paths = journal.segments();
    for (var path : paths.subList(0, paths.size() - 1)) {
      var live =
          journal.batches().stream()
              .anyMatch(batch -> batch.path().equals(path) && batch.settledBy().isEmpty());
      var disk = journal.disk();
      disk.perform(List.of(new DiskOperation.Delete(path)));
      var scan = JournalScan.read(disk, Node.OWNER, false);
      assertThat(scan.contradiction()).as(path).isNull();
      var missing = scan.base().index() > journal.base().index();
      assertThat(!scan.damages().isEmpty() || missing).as(path).isEqualTo(live);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theUndamagedJournalStarts(boolean released) throws Exception {
    var counts = new Counts();
    new Patient(journal(released), counts).judge("undamaged", 0);
    assertThat(counts.refusals.sum()).isZero();
  }
}
