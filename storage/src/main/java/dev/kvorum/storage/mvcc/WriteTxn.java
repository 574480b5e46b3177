package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.index.IndexEntry;
import dev.kvorum.storage.index.KeyIndex;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.ProtoWriter;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The execution of one command on the index, under one main revision that is used up only if
 * something changes (contract S1.3). Operations run in order and see what earlier ones did; nothing
 * here can be refused any more.
 */
final class WriteTxn {
  private final KeyIndex index;
  private final Records records;

  /** Main revision of the state before. */
  private final long before;

  /** Writes by sub revision. */
  private final List<Write> writes = new ArrayList<>(1);

  private final List<Event> events = new ArrayList<>(1);

  WriteTxn(KeyIndex index, long before, Records records) {
    this.index = index;
    this.before = before;
    this.records = records;
  }

  /** The store's main revision as it stands now, in the middle of the command. */
  long revision() {
    return writes.isEmpty() ? before : before + 1;
  }

  List<Write> writes() {
    return writes;
  }

  Applied toApplied(Result result) {
    return new Applied(result, writes, events);
  }

  Result.Range range(Command.Range range) {
    var at = range.revision() > 0 ? range.revision() : revision();
    return RangeSelection.select(index.present(), range, at).toResult(revision(), this::record);
  }

  Result.Put put(Command.Put put) {
    var previous = index.present().find(put.key(), revision());
    var previousRecord =
        previous != null && readsPrevious(put) ? record(previous.revision()) : null;
    var value = put.value();
    var lease = put.lease();
    if (previousRecord != null && TxnEvaluation.keepsSomething(put)) {
      // The key was there before the transaction; should an earlier operation of the same
      // transaction have deleted it, nothing is left to keep and both stay empty.
      var kept = KeyValueCodec.decodeStored(previousRecord);
      value = put.ignoreValue() ? kept.value() : value;
      lease = put.ignoreLease() ? kept.lease() : lease;
    }
    write(put.key(), previous, value, lease);
    return new Result.Put(revision(), put.prevKv() ? previousRecord : null);
  }

  /** Whether a put reads the record that it replaces. */
  static boolean readsPrevious(Command.Put put) {
    return put.prevKv() || TxnEvaluation.keepsSomething(put);
  }

  private void write(Bytes key, @Nullable IndexEntry previous, Bytes value, long lease) {
    var revision = next();
    var createRevision = previous == null ? revision.main() : previous.createRevision();
    var version = previous == null ? 1 : previous.version() + 1;
    var record = KeyValueCodec.encode(key, createRevision, revision.main(), version, value, lease);
    index.put(key, revision, createRevision, version, record.size());
    keep(revision, false, record);
    var replaced = previous == null ? null : previous.revision();
    events.add(new Event(revision, false, keyOf(key, record), record, replaced, lease));
  }

  /** The key as a window on the record, so that an event does not keep the request alive. */
  private static Bytes keyOf(Bytes key, Bytes record) {
    var keyAt = 1 + ProtoWriter.varintSize(key.size());
    return record.slice(keyAt, keyAt + key.size());
  }

  Result.DeleteRange deleteRange(Command.DeleteRange delete) {
    var doomed = new ArrayList<IndexEntry>();
    index
        .present()
        .scan(KeyRange.of(delete.key(), delete.rangeEnd()), revision(), entry -> doomed.add(entry));
    var prevKvs = new ArrayList<Bytes>();
    for (var entry : doomed) {
      if (delete.prevKv()) {
        prevKvs.add(record(entry.revision()));
      }
      delete(entry);
    }
    return new Result.DeleteRange(revision(), doomed.size(), prevKvs);
  }

  /** Deletes those of the keys that live, in their order. */
  void delete(List<Bytes> keys) {
    for (var key : keys) {
      var entry = index.present().find(key, revision());
      if (entry != null) {
        delete(entry);
      }
    }
  }

  private void delete(IndexEntry entry) {
    var revision = next();
    var tombstone = KeyValueCodec.tombstone(entry.key());
    index.delete(entry.key(), revision, tombstone.size());
    keep(revision, true, tombstone);
    var kv = KeyValueCodec.deleted(entry.key(), revision.main());
    events.add(new Event(revision, true, entry.key(), kv, entry.revision(), 0));
  }

  private Revision next() {
    return new Revision(before + 1, writes.size());
  }

  private void keep(Revision revision, boolean tombstone, Bytes record) {
    var checksum = RecordCodec.checksum(revision, tombstone, record);
    writes.add(new Write(revision, tombstone, record, checksum));
  }

  /** Executes a path whose operations were checked; a nested answer has revision 0 (S6.6). */
  Result.Txn txn(TxnEvaluation.Path path) {
    var responses = responses(path);
    return new Result.Txn(revision(), path.succeeded(), responses);
  }

  private List<Result> responses(TxnEvaluation.Path path) {
    var responses = new ArrayList<Result>(path.ops().size());
    var nested = path.nested().iterator();
    for (var op : path.ops()) {
      responses.add(
          switch (op) {
            case Command.Range range -> range(range);
            case Command.Put put -> put(put);
            case Command.DeleteRange delete -> deleteRange(delete);
            case Command.Txn _ -> {
              var inner = nested.next();
              yield new Result.Txn(0, inner.succeeded(), responses(inner));
            }
            case Command.MissingOp _ ->
                throw new IllegalStateException("a missing operation passed the check");
          });
    }
    return responses;
  }

  /** A record of this transaction's own making, or one that was brought along. */
  private Bytes record(Revision revision) {
    return revision.main() > before
        ? writes.get((int) revision.sub()).record()
        : records.get(revision);
  }
}
