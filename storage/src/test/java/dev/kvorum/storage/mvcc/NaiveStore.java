package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Command.Compare;
import dev.kvorum.storage.model.Command.TxnOp;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.KeyValue;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The contract S1 to S7 and S18 written down in the most naive way: nothing is ever forgotten,
 * every question looks at everything, and no effort is spared. What the machine says must be what
 * this says.
 */
final class NaiveStore {
  /** One record; {@code kv} of a tombstone is null. */
  private record Version(Revision revision, Bytes key, @Nullable KeyValue kv) {
    KeyValue liveKv() {
      return Objects.requireNonNull(kv);
    }

    Bytes record() {
      return kv == null ? KeyValueCodec.tombstone(key) : KeyValueCodec.encode(kv);
    }

    Bytes bucketKey() {
      return RecordCodec.bucketKey(new RecordId(revision, kv == null));
    }
  }

  private final List<Version> history = new ArrayList<>();
  private final List<Event> events = new ArrayList<>();
  private final TreeMap<Long, KvHash> compactionHashes = new TreeMap<>();
  private final LongPredicate leaseExists;
  private long revision = 1;
  private long compactRevision = -1;

  NaiveStore(LongPredicate leaseExists) {
    this.leaseExists = leaseExists;
  }

  long revision() {
    return revision;
  }

  long compactRevision() {
    return compactRevision;
  }

  List<Event> events() {
    return events;
  }

  Result run(Command command) {
    return switch (command) {
      case Command.Range range -> range(range);
      case Command.Put put -> {
        var failure = checkPut(put);
        yield failure != null ? new Result.Failed(failure) : commit(put(put, revision + 1));
      }
      case Command.DeleteRange delete -> commit(deleteRange(delete, revision + 1));
      case Command.Txn txn -> txn(txn);
      case Command.Compact compact -> compact(compact);
      default -> throw new AssertionError(command);
    };
  }

  /** A command is over: what it changed is the present now. */
  private Result commit(Result result) {
    revision = newestRevision();
    return result;
  }

  private long newestRevision() {
    return history.isEmpty() ? revision : Math.max(revision, history.getLast().revision().main());
  }

  // Reading.

  private List<Version> live(KeyRange keys, long at) {
    var newest = new TreeMap<Bytes, Version>();
    for (var version : history) {
      if (version.revision().main() <= at && keys.contains(version.key())) {
        newest.put(version.key(), version);
      }
    }
    return newest.values().stream().filter(version -> version.kv() != null).toList();
  }

  private @Nullable Version live(Bytes key, long at) {
    var found = live(KeyRange.single(key), at);
    return found.isEmpty() ? null : found.getFirst();
  }

  private Result range(Command.Range range) {
    if (range.revision() > revision) {
      return new Result.Failed(Failure.FUTURE_REVISION);
    }
    if (range.revision() > 0 && range.revision() < compactRevision) {
      return new Result.Failed(Failure.COMPACTED);
    }
    return select(range, revision);
  }

  private Result.Range select(Command.Range range, long present) {
    var at = range.revision() > 0 ? range.revision() : present;
    var matching = live(KeyRange.of(range.key(), range.rangeEnd()), at);
    var count = matching.size();
    if (range.countOnly()) {
      return new Result.Range(present, List.of(), false, count);
    }
    var limit = range.limit() > 0 ? range.limit() : Long.MAX_VALUE;
    var hasFilter =
        range.minModRevision() != 0
            || range.maxModRevision() != 0
            || range.minCreateRevision() != 0
            || range.maxCreateRevision() != 0;
    var shown = new ArrayList<KeyValue>();
    for (var version : matching) {
      if (shown.size() - 1 < limit || hasFilter || range.sortOrder() != Command.SORT_NONE) {
        shown.add(version.liveKv());
      }
    }
    shown.removeIf(
        kv -> isOutside(kv.modRevision(), range.minModRevision(), range.maxModRevision()));
    shown.removeIf(
        kv -> isOutside(kv.createRevision(), range.minCreateRevision(), range.maxCreateRevision()));
    // Only the order of equal targets is the machine's own here; its sort has tests of its own.
    var order = order(range);
    if (order != null) {
      PatternDefeatingSort.sort(shown, order);
    }
    var more = shown.size() > limit;
    var cut = more ? shown.subList(0, (int) limit) : shown;
    var kvs = cut.stream().map(kv -> KeyValueCodec.encode(shown(range, kv))).toList();
    return new Result.Range(present, kvs, more, count);
  }

  private static @Nullable Comparator<KeyValue> order(Command.Range range) {
    var isByKey = range.sortTarget() == Command.TARGET_KEY;
    if (isByKey && range.sortOrder() == Command.SORT_NONE) {
      return null;
    }
    Comparator<KeyValue> order =
        switch (range.sortTarget()) {
          case Command.TARGET_KEY -> Comparator.comparing(KeyValue::key);
          case Command.TARGET_VERSION -> Comparator.comparingLong(KeyValue::version);
          case Command.TARGET_CREATE -> Comparator.comparingLong(KeyValue::createRevision);
          case Command.TARGET_MOD -> Comparator.comparingLong(KeyValue::modRevision);
          case Command.TARGET_VALUE -> Comparator.comparing(KeyValue::value);
          default -> throw new AssertionError(range);
        };
    return range.sortOrder() == Command.SORT_DESCEND ? order.reversed() : order;
  }

  private static boolean isOutside(long number, long min, long max) {
    return (min != 0 && number < min) || (max != 0 && number > max);
  }

  private static KeyValue shown(Command.Range range, KeyValue kv) {
    if (!range.keysOnly()) {
      return kv;
    }
    var lease = range.sortTarget() == Command.TARGET_VALUE ? kv.lease() : 0;
    return new KeyValue(
        kv.key(), kv.createRevision(), kv.modRevision(), kv.version(), Bytes.EMPTY, lease);
  }

  // Writing.

  private @Nullable Failure checkPut(Command.Put put) {
    if (put.lease() != 0 && !leaseExists.test(put.lease())) {
      return Failure.LEASE_NOT_FOUND;
    }
    var isMissing = live(put.key(), revision) == null;
    return isMissing && (put.ignoreValue() || put.ignoreLease()) ? Failure.KEY_NOT_FOUND : null;
  }

  private Result.Put put(Command.Put put, long main) {
    var previous = live(put.key(), main);
    var old = previous == null ? null : previous.kv();
    var value = put.value();
    var lease = put.lease();
    if (put.ignoreValue()) {
      value = old == null ? Bytes.EMPTY : old.value();
    }
    if (put.ignoreLease()) {
      lease = old == null ? 0 : old.lease();
    }
    var kv =
        new KeyValue(
            put.key(),
            old == null ? main : old.createRevision(),
            main,
            old == null ? 1 : old.version() + 1,
            value,
            lease);
    var change = add(main, put.key(), kv);
    events.add(
        new Event(
            change,
            false,
            put.key(),
            KeyValueCodec.encode(kv),
            previous == null ? null : previous.revision(),
            kv.lease()));
    var prevKv = put.prevKv() && old != null ? KeyValueCodec.encode(old) : null;
    return new Result.Put(main, prevKv);
  }

  private Result.DeleteRange deleteRange(Command.DeleteRange delete, long main) {
    var doomed = live(KeyRange.of(delete.key(), delete.rangeEnd()), main);
    var prevKvs = new ArrayList<Bytes>();
    for (var version : doomed) {
      if (delete.prevKv()) {
        prevKvs.add(version.record());
      }
      var change = add(main, version.key(), null);
      var kv = KeyValueCodec.deleted(version.key(), main);
      events.add(new Event(change, true, version.key(), kv, version.revision(), 0));
    }
    return new Result.DeleteRange(newestRevision(), doomed.size(), prevKvs);
  }

  private Revision add(long main, Bytes key, @Nullable KeyValue kv) {
    var sub = history.stream().filter(version -> version.revision().main() == main).count();
    var change = new Revision(main, sub);
    history.add(new Version(change, key, kv));
    return change;
  }

  // Transactions.

  private Result txn(Command.Txn txn) {
    var failure = checkPath(txn);
    if (failure != null) {
      return new Result.Failed(failure);
    }
    // The path is fixed before anything changes, so decisions are taken on the old revision.
    var decisions = new ArrayList<Boolean>();
    decide(txn, decisions);
    var result = execute(txn, decisions, revision + 1);
    var after = newestRevision();
    return commit(new Result.Txn(after, result.succeeded(), result.responses()));
  }

  private void decide(Command.Txn txn, List<Boolean> decisions) {
    decisions.add(holds(txn));
    for (var op : branch(txn)) {
      if (op instanceof Command.Txn nested) {
        decide(nested, decisions);
      }
    }
  }

  private boolean holds(Command.Txn txn) {
    return txn.compares().stream().allMatch(this::holds);
  }

  private List<TxnOp> branch(Command.Txn txn) {
    return holds(txn) ? txn.success() : txn.failure();
  }

  private boolean holds(Compare compare) {
    var found = live(KeyRange.of(compare.key(), compare.rangeEnd()), revision);
    if (found.isEmpty()) {
      return compare.target() != Compare.VALUE
          && holds(compare, new KeyValue(compare.key(), 0, 0, 0, Bytes.EMPTY, 0));
    }
    return found.stream().allMatch(version -> holds(compare, version.liveKv()));
  }

  private static boolean holds(Compare compare, KeyValue kv) {
    var order =
        switch (compare.target()) {
          case Compare.VERSION -> Long.compare(kv.version(), compare.operand());
          case Compare.CREATE -> Long.compare(kv.createRevision(), compare.operand());
          case Compare.MOD -> Long.compare(kv.modRevision(), compare.operand());
          case Compare.VALUE -> kv.value().compareTo(compare.value());
          case Compare.LEASE -> Long.compare(kv.lease(), compare.operand());
          default -> 0;
        };
    return switch (compare.result()) {
      case Compare.EQUAL -> order == 0;
      case Compare.GREATER -> order > 0;
      case Compare.LESS -> order < 0;
      case Compare.NOT_EQUAL -> order != 0;
      default -> true;
    };
  }

  private @Nullable Failure checkPath(Command.Txn txn) {
    for (var op : branch(txn)) {
      Failure failure = null;
      if (op instanceof Command.Put put) {
        failure = checkPut(put);
      } else if (op instanceof Command.Txn nested) {
        failure = checkPath(nested);
      } else if (op instanceof Command.Range range && range.revision() > revision) {
        failure = Failure.FUTURE_REVISION;
      } else if (op instanceof Command.Range range
          && range.revision() != 0
          && range.revision() < compactRevision) {
        failure = Failure.COMPACTED;
      }
      if (failure != null) {
        return failure;
      }
    }
    return null;
  }

  private Result.Txn execute(Command.Txn txn, List<Boolean> decisions, long main) {
    boolean succeeded = decisions.removeFirst();
    var responses = new ArrayList<Result>();
    for (var op : succeeded ? txn.success() : txn.failure()) {
      responses.add(
          switch (op) {
            case Command.Range range -> select(range, newestRevision());
            case Command.Put put -> put(put, main);
            case Command.DeleteRange delete -> deleteRange(delete, main);
            case Command.Txn nested -> execute(nested, decisions, main);
            case Command.MissingOp _ -> throw new AssertionError(op);
          });
    }
    return new Result.Txn(0, succeeded, responses);
  }

  // Compaction and hashes.

  private Result compact(Command.Compact compact) {
    if (compact.revision() <= compactRevision) {
      return new Result.Failed(Failure.COMPACTED);
    }
    if (compact.revision() > revision) {
      return new Result.Failed(Failure.FUTURE_REVISION);
    }
    compactionHashes.put(compact.revision(), hash(compact.revision(), compactRevision));
    compactRevision = compact.revision();
    return new Result.Compact(revision);
  }

  /** The hash that the compaction to this revision must leave behind. */
  @Nullable KvHash compactionHash(long compactedRevision) {
    return compactionHashes.get(compactedRevision);
  }

  KvHash hash(long requested) {
    return hash(requested > 0 ? requested : revision, compactRevision);
  }

  private KvHash hash(long requested, long compacted) {
    var kept = live(new KeyRange(Bytes.EMPTY, null), requested);
    var crc = new CRC32C();
    crc.update(Bytes.utf8("key").toArray());
    for (var version : remaining(compacted)) {
      var main = version.revision().main();
      var isSkipped =
          main > requested
              || (main <= compacted && !kept.isEmpty() && !kept.contains(version))
              || (main == compacted && version.kv() == null);
      if (!isSkipped) {
        crc.update(version.bucketKey().toArray());
        crc.update(version.record().toArray());
      }
    }
    return new KvHash((int) crc.getValue(), compacted, requested);
  }

  /** What is left of history once a compaction has removed all it removes (S7.2). */
  private List<Version> remaining(long compacted) {
    var newest = new TreeMap<Bytes, Version>();
    for (var version : history) {
      if (version.revision().main() <= compacted) {
        newest.put(version.key(), version);
      }
    }
    return history.stream()
        .filter(
            version ->
                version.revision().main() > compacted
                    || (version.equals(newest.get(version.key()))
                        && (version.kv() != null || version.revision().main() == compacted)))
        .toList();
  }

  /** The keys of bucket KEY after the last compaction is through. */
  List<Bytes> remainingBucketKeys() {
    return remaining(compactRevision).stream().map(Version::bucketKey).toList();
  }

  /** Size of the remaining records as the store counts it. */
  long remainingSize() {
    return remaining(compactRevision).stream()
        .mapToLong(version -> version.record().size() + StoreSizes.RECORD_OVERHEAD_BYTES)
        .sum();
  }

  /** Forgets what a restart forgets. */
  void restart() {
    compactionHashes.clear();
  }
}
