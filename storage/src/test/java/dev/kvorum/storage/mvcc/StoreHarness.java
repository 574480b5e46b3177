package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.JoinedList;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.model.ProtoReader;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Plays everything around the machine: the backend is a map, and a record is readable only when it
 * was announced, so that a need that is too small fails the test.
 */
final class StoreHarness {
  private static final long MAX_REQUEST_BYTES = 300;
  private static final int SMALL_LOOK_KEYS = 3;
  private static final long SMALL_PIECE_BYTES = 100;

  private final TreeMap<Bytes, Bytes> records = new TreeMap<>();
  private final TreeMap<Bytes, Bytes> meta = new TreeMap<>();
  private final List<Event> events = new ArrayList<>();
  private LongPredicate leaseExists = _ -> false;
  private MvccStore store = new MvccStore(IndexMemory.onHeap());
  private long appliedIndex;

  MvccStore store() {
    return store;
  }

  /** All events so far, in order. */
  List<Event> events() {
    return events;
  }

  /** Keys of bucket KEY. */
  List<Bytes> bucketKeys() {
    return List.copyOf(records.keySet());
  }

  void leases(LongPredicate exists) {
    leaseExists = exists;
  }

  Result apply(Command command) {
    var applied = isSliced(command) ? applyInSlices(command) : applyAtOnce(command);
    for (var write : applied.writes()) {
      records.put(write.bucketKey(), write.bucketValue());
    }
    events.addAll(applied.events());
    appliedIndex++;
    saveMeta();
    return applied.result();
  }

  private Applied applyAtOnce(Command command) {
    return store.apply(command, fetched(store.needs(command)), leaseExists);
  }

  /** Every second one of those that can be, so that both ways have to come to the same. */
  private boolean isSliced(Command command) {
    return appliedIndex % 2 == 1
        && (command instanceof Command.DeleteRange || command instanceof Command.Txn);
  }

  private Applied applyInSlices(Command command) {
    var maxKeys = 1 + (int) (appliedIndex / 2 % 4);
    var writes = new JoinedList<Write>();
    var events = new JoinedList<Event>();
    var execution = store.begin(command, leaseExists);
    var known = new HashMap<Revision, Bytes>();
    while (true) {
      var slice = execution.step(onlyKnown(known), maxKeys, MAX_REQUEST_BYTES);
      writes.join(slice.writes());
      events.join(slice.events());
      if (slice.missing().isEmpty()) {
        known.clear();
      }
      for (var missing : slice.missing()) {
        var key = RecordCodec.bucketKey(missing);
        known.put(missing, RecordCodec.record(key, Objects.requireNonNull(records.get(key))));
      }
      if (slice.result() != null) {
        return new Applied(slice.result(), writes, events);
      }
    }
  }

  private static Records onlyKnown(Map<Revision, Bytes> known) {
    return new Records() {
      @Override
      public Bytes get(Revision revision) {
        throw new AssertionError("an execution asks whether the record is there: " + revision);
      }

      @Override
      public @Nullable Bytes find(Revision revision) {
        return known.get(revision);
      }
    };
  }

  Result read(Command.Range range) {
    return finish(store.view().plan(range));
  }

  Result read(Command.Txn txn) {
    return finish(store.view().plan(txn));
  }

  private Result finish(ReadPlan plan) {
    return plan.finish(fetched(plan.needs()));
  }

  /** A whole stream, message by message; the last element may be a failure. */
  List<Result> stream(Command.Range range) {
    return messages(LongRange.stream(range, MAX_REQUEST_BYTES));
  }

  /** The answer of a unary range, made in pieces. */
  Result readLong(Command.Range range) {
    return messages(LongRange.unary(range)).getFirst();
  }

  private List<Result> messages(LongRange range) {
    var messages = new ArrayList<Result>();
    for (var isLast = false; !isLast; ) {
      var failure = range.begin(store.view());
      if (failure != null) {
        messages.add(new Result.Failed(failure));
        return messages;
      }
      var message = message(range);
      messages.add(message.result());
      isLast = message.isLast();
    }
    return messages;
  }

  private record Message(Result.Range result, boolean isLast) {}

  /** Plays the next message with looks and pieces so small that several make a message. */
  private Message message(LongRange range) {
    var message = range.measure(store.view(), SMALL_LOOK_KEYS);
    while (message == null) {
      message = range.measure(store.view(), SMALL_LOOK_KEYS);
    }
    var kvs = new ArrayList<Bytes>();
    var bytes = 0L;
    while (!range.isComplete()) {
      var fields = filled(range.next(store.view(), SMALL_LOOK_KEYS, SMALL_PIECE_BYTES));
      bytes += fields.size();
      kvs.addAll(keyValues(fields));
    }
    if (bytes != message.keyValueBytes()) {
      throw new AssertionError("measured " + message + ", made " + bytes);
    }
    return new Message(
        new Result.Range(message.headerRevision(), kvs, message.more(), message.count()),
        message.isLast());
  }

  /** Puts the records in an order that is not that of the keys. */
  private Bytes filled(RangePiece piece) {
    piece.begin(ByteBuffer.allocate(piece.size() + 1));
    for (var number = piece.records() - 1; number >= 0; number--) {
      var key = RecordCodec.bucketKey(piece.revision(number));
      piece.put(number, RecordCodec.record(key, Objects.requireNonNull(records.get(key))));
    }
    var fields = new byte[piece.size()];
    piece.fields().get(fields);
    return Bytes.wrap(fields);
  }

  private static List<Bytes> keyValues(Bytes fields) {
    try {
      var kvs = new ArrayList<Bytes>();
      var reader = new ProtoReader(fields);
      while (reader.next() != 0) {
        kvs.add(reader.bytes());
      }
      return kvs;
    } catch (MalformedProto malformed) {
      throw new AssertionError(malformed);
    }
  }

  /** Reads exactly the announced records, each with its checksum verified. */
  private Records fetched(List<Need> needs) {
    Map<Revision, Bytes> found = new HashMap<>();
    for (var need : needs) {
      var key = RecordCodec.bucketKey(need.revision());
      var value = records.get(key);
      if (value == null) {
        throw new AssertionError("needed record is gone: " + need);
      }
      var record = RecordCodec.record(key, value);
      if (record.size() != need.recordSize()) {
        throw new AssertionError("announced size of " + need + " is not " + record.size());
      }
      if (found.put(need.revision(), record) != null) {
        throw new AssertionError("announced twice: " + need);
      }
    }
    return revision -> {
      var record = found.get(revision);
      if (record == null) {
        throw new AssertionError("not announced: " + revision);
      }
      return record;
    };
  }

  /** The waiting compaction, of which there must be one. */
  CompactionJob compaction() {
    return Objects.requireNonNull(store.compaction());
  }

  /** Hashes the waiting compaction if there is one, without removing anything. */
  void hashCompaction() {
    var job = store.compaction();
    if (job != null && job.needsHash()) {
      job.hashed(run(job.startHash(), 7));
    }
  }

  /** Does one slice of the waiting compaction. */
  void stepCompaction(int maxKeys) {
    hashCompaction();
    var job = store.compaction();
    if (job != null) {
      for (var removed : job.step(maxKeys).removed()) {
        if (records.remove(RecordCodec.bucketKey(removed)) == null) {
          throw new AssertionError("removed twice: " + removed);
        }
      }
      saveMeta();
    }
  }

  void finishCompactions() {
    while (store.compaction() != null) {
      stepCompaction(100);
    }
  }

  /** What HashKV answers, or why not. */
  @Nullable Failure hashKvRefusal(long revision) {
    return store.view().compactionHash(revision) != null ? null : store.view().refusal(revision);
  }

  KvHash hashKv(long revision) {
    var view = store.view();
    var cached = view.compactionHash(revision);
    return cached != null ? cached : run(HashKv.at(view, revision), 7);
  }

  private KvHash run(HashKv hash, int chunk) {
    while (!hash.step(readView(), chunk)) {
      // The next chunk opens a view of its own.
    }
    return hash.result();
  }

  /** Forgets everything in memory and loads what the backend has. */
  void restart() {
    var before = store;
    store = StoreLoader.load(readView(), IndexMemory.onHeap(), StoreLoader.Attachments.NONE);
    if (store.stateHashLow() != before.stateHashLow()
        || store.stateHashHigh() != before.stateHashHigh()
        || store.inUseBytes() != before.inUseBytes()) {
      throw new AssertionError("a restart changed the state hash or the size");
    }
  }

  private void saveMeta() {
    meta.put(StoreMeta.KEY, store.meta(appliedIndex, 1).encode());
  }

  ReadView readView() {
    return new ReadView() {
      @Override
      public @Nullable Bytes get(Bucket bucket, Bytes key) {
        return bucket(bucket).get(key);
      }

      @Override
      public void scan(Bucket bucket, Bytes from, Visitor visitor) {
        for (var entry : bucket(bucket).tailMap(from, true).entrySet()) {
          if (!visitor.visit(entry.getKey(), entry.getValue())) {
            return;
          }
        }
      }

      @Override
      public void close() {}
    };
  }

  private NavigableMap<Bytes, Bytes> bucket(Bucket bucket) {
    return switch (bucket) {
      case KEY -> records;
      case META -> meta;
      default -> throw new AssertionError("the store has no business in " + bucket);
    };
  }
}
