package dev.kvorum.storage.backend.xodus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.membership.Alarms;
import dev.kvorum.storage.membership.Members;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.RecordCodec;
import dev.kvorum.storage.mvcc.RecordId;
import dev.kvorum.storage.mvcc.Records;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.storage.mvcc.Write;
import dev.kvorum.storage.state.LoadedState;
import dev.kvorum.storage.state.StateMachine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Much is written, nine tenths of it are deleted, history is compacted: the files shrink while the
 * store is open and written, without anybody asking for it. The benchmark {@code space} does the
 * same with a gibibyte against a whole server.
 */
class SpaceComesBackTest {
  private static final long TERM = 1;
  private static final int FILE_BYTES = 4 << 20;
  private static final XodusSettings SETTINGS = new XodusSettings(FILE_BYTES, 4 << 20, 1);

  private static final int KEYS = 9_000;
  private static final int VALUE_BYTES = 4_000;
  private static final int PUTS_A_COMMIT = 500;

  /** While the files shrink, puts go on, at a pace at which the cleaner has turns too. */
  private static final int PUTS_A_LOOK = 10;

  private static final long PAUSE_NANOS = 5_000_000;

  private static final int KEYS_A_SLICE = 1_000;

  /** As many files as the bound of 32 MiB allows where a file has 8. */
  private static final long ROOM_BYTES = 4L * FILE_BYTES;

  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final Random random = new Random(20_261_121);
  private final StateMachine machine = machine();
  private final List<Write> writes = new ArrayList<>();

  @TempDir private Path directory;

  private static StateMachine machine() {
    var kv = new MvccStore(IndexMemory.onHeap());
    var loaded =
        new LoadedState(kv.meta(1, 1), kv, new LeaseTable(), new Alarms(), new Members(), "");
    return new StateMachine(loaded, Long.MAX_VALUE);
  }

  @Test
  void theFilesShrinkOnlineToTwiceWhatLivesAndALittle() throws Exception {
    try (var backend = XodusBackend.open(directory, SETTINGS)) {
      for (var key = 0; key < KEYS; key++) {
        put("%d/%08d".formatted(key % 10, key));
        if (key % PUTS_A_COMMIT == PUTS_A_COMMIT - 1) {
          commit(backend, List.of());
        }
      }
      var full = diskUsage();
      apply(new Command.DeleteRange(Bytes.utf8("1"), Bytes.utf8("9~"), false));
      apply(new Command.Compact(machine.state().kv().revision(), true));
      commit(backend, List.of());
      compact(backend);

      var bound = 2 * (KEYS / 10) * (long) VALUE_BYTES + ROOM_BYTES;
      assertThat(full).as("what there is to give back").isGreaterThan(bound + 2 * FILE_BYTES);
      var until = System.nanoTime() + PATIENCE.toNanos();
      while (diskUsage() > bound) {
        assertThat(System.nanoTime() - until).as("%d of %d bytes", diskUsage(), bound).isNegative();
        for (var put = 0; put < PUTS_A_LOOK; put++) {
          put("0/%08d".formatted(10 * random.nextInt(KEYS / 10)));
          commit(backend, List.of());
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      }
    }
    try (var again = XodusBackend.open(directory, SETTINGS);
        var view = again.openReadView()) {
      var live = machine.state().kv().plan(range()).needs();
      assertThat(live).hasSize(KEYS / 10);
      for (var need : live) {
        assertThat(view.get(Bucket.KEY, RecordCodec.bucketKey(need.revision()))).isNotNull();
      }
    }
  }

  private static Command.Range range() {
    return new Command.Range(
        Bytes.utf8("0"), Bytes.utf8("~"), 0, 0, 0, 0, true, false, false, 0, 0, 0, 0);
  }

  private void put(String key) {
    var value = new byte[VALUE_BYTES];
    random.nextBytes(value);
    apply(new Command.Put(Bytes.utf8(key), Bytes.wrap(value), 0, false, false, false));
  }

  private void apply(Command command) {
    var outcome = machine.apply(machine.appliedIndex() + 1, TERM, command, Records.NONE);
    writes.addAll(outcome.writes());
  }

  private void commit(XodusBackend backend, List<RecordId> removed) {
    var batch = new WriteBatch();
    writes.forEach(write -> batch.put(Bucket.KEY, write.bucketKey(), write.bucketValue()));
    writes.clear();
    removed.forEach(id -> batch.delete(Bucket.KEY, RecordCodec.bucketKey(id)));
    backend.commit(batch.put(Bucket.META, StoreMeta.KEY, machine.meta().encode()));
  }

  private void compact(XodusBackend backend) {
    var job = Objects.requireNonNull(machine.kv().compaction());
    var hash = job.startHash();
    try (var view = backend.openReadView()) {
      assertThat(hash.step(view, Integer.MAX_VALUE)).isTrue();
    }
    job.hashed(hash.result());
    var step = job.step(KEYS_A_SLICE);
    commit(backend, step.removed());
    while (!step.isFinished()) {
      step = job.step(KEYS_A_SLICE);
      commit(backend, step.removed());
    }
  }

  /** What {@code du} says, so that a sparse or a removed file counts as what it is. */
  private long diskUsage() throws IOException, InterruptedException {
    var du = new ProcessBuilder("du", "-s", "-B1", directory.toString()).start();
    var line = new String(du.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    du.waitFor();
    return Long.parseLong(line.substring(0, line.indexOf('\t')));
  }
}
