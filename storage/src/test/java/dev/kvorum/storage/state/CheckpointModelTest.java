package dev.kvorum.storage.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.backend.memory.MemoryBackend;
import dev.kvorum.storage.checkpoint.Attachments;
import dev.kvorum.storage.checkpoint.Checkpoint;
import dev.kvorum.storage.checkpoint.CheckpointWriter;
import dev.kvorum.storage.checkpoint.Checkpoints;
import dev.kvorum.storage.index.IndexEntry;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.index.IndexSummary;
import dev.kvorum.storage.index.IndexView;
import dev.kvorum.storage.journal.Owner;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.disk.MemoryDisk;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.membership.Alarms;
import dev.kvorum.storage.membership.Members;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.mvcc.IndexMisfitException;
import dev.kvorum.storage.mvcc.KvHash;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.RecordCodec;
import dev.kvorum.storage.mvcc.Records;
import dev.kvorum.storage.mvcc.StoreMeta;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random histories with checkpoints at any time and kills at any other: what a start makes of a
 * checkpoint is what it makes of all the records, or it does not take the checkpoint.
 */
final class CheckpointModelTest {
  private static final KeyRange ALL = new KeyRange(Bytes.EMPTY, null);
  private static final int LEASES = 4;
  private static final int STEPS = 400;

  private final MemoryDisk disk = new MemoryDisk(Runnable::run);
  private final Checkpoints checkpoints = new Checkpoints(disk, new Owner(1, 2));
  private final List<Command> log = new ArrayList<>();

  /** What the backend's writer has not committed yet. */
  private final ArrayDeque<WriteBatch> queued = new ArrayDeque<>();

  private MemoryBackend backend = new MemoryBackend();
  private StateMachine machine = machine();
  private Random random = new Random(0);
  private @Nullable Copying copying;
  private int keys;
  private int used;
  private int usedThatChanged;
  private int refused;

  private static StateMachine machine() {
    var kv = new MvccStore(IndexMemory.onHeap());
    return new StateMachine(
        new LoadedState(kv.meta(1, 1), kv, new LeaseTable(), new Alarms(), new Members(), ""),
        Long.MAX_VALUE);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void whatAStartTakesFromACheckpointIsWhatTheRecordsSay(int part) throws Exception {
    for (var seed = part * 100L; seed < part * 100L + 30; seed++) {
      random = new Random(seed);
      history(seed);
    }
    assertThat(used).as("starts that used the checkpoint").isGreaterThan(20);
    assertThat(usedThatChanged).as("of these, changed while it was copied").isGreaterThan(10);
    assertThat(refused).as("starts that did not").isGreaterThan(3);
  }

  private void history(long seed) throws Exception {
    disk.files().keySet().forEach(this::delete);
    log.clear();
    queued.clear();
    copying = null;
    backend = new MemoryBackend();
    machine = machine();
    queued.add(meta(new WriteBatch()));
    flush(1);
    keys = 3 + random.nextInt(40);
    for (var step = 0; step < STEPS; step++) {
      switch (random.nextInt(40)) {
        case 0 -> beginCheckpoint();
        case 1, 2, 3 -> goOnWithCheckpoint();
        case 4 -> kill(seed);
        case 5, 6 -> {
          // A checkpoint has to wait for the end of a compaction, so there has to be one.
          for (var slices = random.nextInt(6); slices >= 0; slices--) {
            compactSome();
          }
        }
        case 7, 8, 9, 10, 11, 12 -> flush(random.nextInt(8));
        default -> {
          doNext();
        }
      }
    }
    kill(seed);
  }

  private void doNext() {
    var command = command();
    log.add(command);
    apply(command);
  }

  private void delete(String path) {
    disk.perform(List.of(new DiskOperation.Delete(path)));
  }

  private Command command() {
    return switch (random.nextInt(20)) {
      case 0 -> new Command.LeaseGrant(1 + random.nextInt(LEASES), 60);
      case 1 -> new Command.LeaseRevoke(1 + random.nextInt(LEASES));
      case 2 -> new Command.Compact(machine.kv().revision() - random.nextInt(30), false);
      case 3, 4 -> new Command.DeleteRange(key(), Bytes.EMPTY, false);
      case 5 -> new Command.DeleteRange(key(), key(), false);
      case 6 -> new Command.Txn(List.of(), List.of(put(), put()), List.of());
      default -> put();
    };
  }

  private Command.Put put() {
    var lease = random.nextInt(3) == 0 ? 1 + random.nextInt(LEASES) : 0;
    return new Command.Put(
        key(), Bytes.utf8("v" + random.nextInt(1_000)), lease, false, false, false);
  }

  /** Some have long names, and some are changed again and again. */
  private Bytes key() {
    var number = random.nextInt(3) == 0 ? random.nextInt(2) : random.nextInt(keys);
    return Bytes.utf8("key-%03d-".formatted(number) + "x".repeat(number % 7 == 6 ? 300 : 3));
  }

  private void apply(Command command) {
    var outcome = machine.apply(machine.appliedIndex() + 1, 1, command, Records.NONE);
    var batch = new WriteBatch();
    for (var write : outcome.writes()) {
      batch.put(Bucket.KEY, write.bucketKey(), write.bucketValue());
    }
    outcome.others().forEach(batch::add);
    queued.add(meta(batch));
  }

  private WriteBatch meta(WriteBatch batch) {
    batch.put(Bucket.META, StoreMeta.KEY, machine.meta().encode());
    return batch;
  }

  private void compactSome() {
    var job = machine.kv().compaction();
    if (job != null) {
      if (job.needsHash()) {
        job.hashed(new KvHash(0, 0, job.revision()));
      }
      var batch = new WriteBatch();
      for (var removed : job.step(1 + random.nextInt(10)).removed()) {
        batch.delete(Bucket.KEY, RecordCodec.bucketKey(removed));
      }
      queued.add(meta(batch));
    }
  }

  private void flush(int batches) {
    for (var i = 0; i < batches && !queued.isEmpty(); i++) {
      backend.commit(queued.removeFirst());
    }
  }

  /** A checkpoint that is being written: the index is copied, the attachments are not yet. */
  private final class Copying {
    private final long begunRevision = machine.kv().revision();
    private final CheckpointWriter writer;
    private final IndexSummary summary;
    private final LeaseTable.Walk walk = new LeaseTable.Walk();
    private final List<Attachments.Slice> slices = new ArrayList<>();

    /** Copies the index while it goes on changing; a compaction may begin, and goes no further. */
    Copying(CheckpointWriter writer) throws DiskFaultException {
      this.writer = writer;
      writer.header(machine.meta());
      summary = writer.pages(this::later, 1 << random.nextInt(12));
    }

    private IndexView later() {
      for (var i = random.nextInt(6); i > 0; i--) {
        doNext();
        if (machine.kv().view().compactRevision() > begunRevision) {
          throw new CancellationException();
        }
      }
      flush(random.nextInt(4));
      return machine.kv().holdIndex();
    }

    /** Copies one slice; whether it was the last. */
    boolean copy() {
      var found = new ArrayList<Attachments.Attachment>();
      machine
          .leases()
          .visitAttachments(
              walk, 3, (key, lease) -> found.add(new Attachments.Attachment(key, lease)));
      slices.add(new Attachments.Slice(found, machine.meta(), walk.isDone()));
      return walk.isDone();
    }
  }

  private void beginCheckpoint() throws Exception {
    if (copying == null && machine.kv().compaction() == null) {
      var writer = checkpoints.begin();
      try {
        copying = new Copying(writer);
      } catch (CancellationException _) {
        writer.close();
      }
    }
  }

  private void goOnWithCheckpoint() throws Exception {
    var current = copying;
    if (current == null || !current.copy()) {
      return;
    }
    copying = null;
    try (var writer = current.writer) {
      var complete = writer.attachments(current.slices::removeFirst);
      writer.finish(complete, current.summary);
      // Sometimes too early: the start must find that out.
      if (random.nextInt(3) != 0) {
        flush(Integer.MAX_VALUE);
      }
      writer.adopt();
    }
  }

  private void kill(long seed) throws Exception {
    if (copying != null) {
      copying.writer.close();
      copying = null;
    }
    queued.clear();
    if (random.nextInt(3) == 0) {
      giveUpTheEndOfTheLog();
    }
    var checkpoint = checkpoints.read(IndexMemory.onHeap());
    var newestKept = checkpoint == null ? 0 : checkpoint.kept().index().newest();
    var misfits = new ArrayList<IndexMisfitException>();
    var fromCheckpoint = load(checkpoint, misfits);
    var fromRecords = load(null, new ArrayList<>());
    if (checkpoint != null) {
      used += misfits.isEmpty() ? 1 : 0;
      var isOfManyMoments = newestKept > checkpoint.kept().meta().revision();
      usedThatChanged += misfits.isEmpty() && isOfManyMoments ? 1 : 0;
      refused += misfits.isEmpty() ? 0 : 1;
    }
    checkSame(fromCheckpoint, fromRecords, seed);
    machine = fromCheckpoint;
    while (machine.appliedIndex() - 1 < log.size()) {
      apply(log.get((int) machine.appliedIndex() - 1));
    }
  }

  /** An operator gave up what the state store does not have; other commands take their indexes. */
  private void giveUpTheEndOfTheLog() throws Exception {
    var applied = (int) load(null, new ArrayList<>()).appliedIndex() - 1;
    var rest = log.subList(applied, log.size());
    rest.subList(random.nextInt(rest.size() + 1), rest.size()).clear();
  }

  private StateMachine load(@Nullable Checkpoint checkpoint, List<IndexMisfitException> misfits) {
    var listener =
        new LoadListener() {
          @Override
          public void misfit(IndexMisfitException misfit) {
            misfits.add(misfit);
          }

          @Override
          public void records(long count) {}
        };
    return new StateMachine(
        LoadedState.open(backend, IndexMemory.onHeap(), checkpoint, listener), Long.MAX_VALUE);
  }

  private static void checkSame(StateMachine found, StateMachine expected, long seed) {
    var isCompacting = expected.kv().compaction() != null;
    assertThat(found.stateHash()).as("seed %d", seed).isEqualTo(expected.stateHash());
    if (!isCompacting) {
      // A compaction under way has removed records that the kept index still counts.
      assertThat(found.meta()).as("seed %d", seed).isEqualTo(expected.meta());
    }
    for (var lease = 1L; lease <= LEASES; lease++) {
      assertThat(found.leases().attachedKeys(lease))
          .as("seed %d, lease %d", seed, lease)
          .isEqualTo(expected.leases().attachedKeys(lease));
    }
    var kv = expected.kv();
    for (var at = Math.max(1, kv.compactRevision()); at <= kv.revision(); at++) {
      assertThat(entries(found, at))
          .as("seed %d at revision %d", seed, at)
          .isEqualTo(entries(expected, at));
    }
  }

  private static List<IndexEntry> entries(StateMachine machine, long revision) {
    var entries = new ArrayList<IndexEntry>();
    var view = machine.kv().holdIndex();
    view.scan(ALL, revision, entries::add);
    assertThat(view.count(ALL, revision)).isEqualTo(entries.size());
    view.release();
    return entries;
  }
}
