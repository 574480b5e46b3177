package dev.kvorum.storage.journal.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.FaultyDisk;
import dev.kvorum.storage.journal.disk.Policies;
import dev.kvorum.storage.model.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SnapshotsTest {
  private static final EntryId POSITION = new EntryId(3, 1234);

  private final FaultyDisk disk = new FaultyDisk();

  private static SnapshotHeader header(EntryId position) {
    return new SnapshotHeader(position, 777, Bytes.utf8("members"), Bytes.utf8("meta"));
  }

  private static List<SnapshotRecord> records(int count, int valueBytes) {
    var records = new ArrayList<SnapshotRecord>();
    for (var i = 0; i < count; i++) {
      var value = new byte[valueBytes];
      Arrays.fill(value, (byte) i);
      records.add(new SnapshotRecord(i % 10, Bytes.utf8("key" + i), Bytes.wrap(value)));
    }
    return records;
  }

  private static void write(FaultyDisk disk, EntryId position, List<SnapshotRecord> records)
      throws Exception {
    var writer = new Snapshots(disk).begin(header(position));
    for (var record : records) {
      writer.write(record);
    }
    writer.finish();
  }

  private static List<SnapshotRecord> read(FaultyDisk disk, EntryId position) throws Exception {
    var reader = new Snapshots(disk).open(position);
    assertThat(reader.header()).isEqualTo(header(position));
    var records = new ArrayList<SnapshotRecord>();
    for (var record = reader.next(); record != null; record = reader.next()) {
      records.add(record);
    }
    return records;
  }

  @Test
  void recordsComeBackAsTheyWereWritten() throws Exception {
    for (var records : List.of(records(0, 0), records(1000, 100), records(3, 200_000))) {
      var fresh = new FaultyDisk();
      write(fresh, POSITION, records);
      assertThat(read(fresh, POSITION)).isEqualTo(records);
    }
  }

  @Test
  void everyFlippedBitIsNoticed() throws Exception {
    write(disk, POSITION, records(20, 30));
    var path = Snapshots.path(POSITION);
    var file = disk.content(path);
    for (var bit = 0; bit < file.length * 8; bit++) {
      var damaged = file.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      var copy = new FaultyDisk();
      copy.put(path, damaged);
      assertThatThrownBy(() -> new Snapshots(copy).open(POSITION).drain())
          .as("bit %d", bit)
          .isInstanceOf(SnapshotDamagedException.class);
    }
  }

  @Test
  void everyTruncationIsNoticed() throws Exception {
    write(disk, POSITION, records(20, 30));
    var path = Snapshots.path(POSITION);
    var file = disk.content(path);
    for (var size = 0; size < file.length; size++) {
      var copy = new FaultyDisk();
      copy.put(path, Arrays.copyOf(file, size));
      assertThatThrownBy(() -> new Snapshots(copy).open(POSITION).drain())
          .as("size %d", size)
          .isInstanceOf(SnapshotDamagedException.class);
    }
  }

  @Test
  void aDamagedSnapshotIsSetAsideAndTheOneBeforeItIsUsed() throws Exception {
    var older = new EntryId(2, 1000);
    write(disk, older, records(5, 5));
    write(disk, POSITION, records(6, 6));
    var path = Snapshots.path(POSITION);
    var file = disk.content(path);
    file[file.length / 2] ^= 4;
    disk.put(path, file);
    var lines = new ArrayList<String>();
    var snapshots = new Snapshots(disk);
    assertThat(snapshots.newestWhole(lines::add)).isEqualTo(header(older));
    assertThat(lines).hasSize(1);
    assertThat(snapshots.positions()).containsExactly(older);
    assertThat(disk.list("quarantine")).hasSize(1);
  }

  @Test
  void anUnfinishedSnapshotNeverCountsWhereverTheWritingStops() throws Exception {
    var older = new EntryId(2, 1000);
    write(disk, older, records(5, 5));
    var operations = 0;
    var finished = false;
    while (!finished) {
      var copy = disk.copy();
      operations++;
      var limit = operations;
      copy.failOn(_ -> copy.performed() > limit);
      try {
        write(copy, POSITION, records(3, 40_000));
        finished = true;
      } catch (DiskFaultException _) {
        finished = false;
      }
      for (var survival : Policies.all()) {
        if (!finished) {
          // A snapshot under its final name is whole; otherwise the older one is the newest.
          var found = copy.crash(survival);
          var newest = new Snapshots(found).newestWhole(_ -> {});
          assertThat(newest).as("operation %d", limit).isIn(header(older), header(POSITION));
        }
        copy.failOn(_ -> false);
      }
    }
    assertThat(operations).isGreaterThan(8);
  }

  @Test
  void olderSnapshotsGoWhenToldTo() throws Exception {
    for (var i = 1; i <= 3; i++) {
      write(disk, new EntryId(1, i * 100L), records(2, 2));
    }
    var snapshots = new Snapshots(disk);
    snapshots.deleteBelow(new EntryId(1, 300));
    assertThat(snapshots.positions()).containsExactly(new EntryId(1, 300));
  }
}
