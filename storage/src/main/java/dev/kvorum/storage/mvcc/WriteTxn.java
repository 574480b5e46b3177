package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.index.IndexEntry;
import dev.kvorum.storage.index.KeyIndex;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.JoinedList;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.ProtoWriter;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The execution of one command on the index, under one main revision that is used up only if
 * something changes (contract S1.3). Operations run in order and see what earlier ones did; nothing
 * here can be refused any more.
 *
 * <p>It may run in slices: every method that does part of the work takes an {@link Allowance} and
 * returns null, or false, when that ends before the work does. Called again, with another one, it
 * goes on where it stopped. An operation changes nothing before all the records that it reads are
 * there.
 */
final class WriteTxn {
  /** A transaction under way: its path, and the answers of the operations that are done. */
  private static final class Frame {
    private final TxnEvaluation.Path path;
    private final List<Result> responses;
    private int nestedDone;

    Frame(TxnEvaluation.Path path) {
      this.path = path;
      responses = new ArrayList<>(path.ops().size());
    }

    boolean isDone() {
      return responses.size() == path.ops().size();
    }
  }

  private final KeyIndex index;

  /** Main revision of the state before. */
  private final long before;

  private final RecordListener listener;

  /** Writes of the slices before this one, by sub revision. */
  private final JoinedList<Write> earlier = new JoinedList<>();

  /** What this slice made, behind the earlier ones. */
  private Changes changes = new Changes();

  /** Transactions under way, the innermost first. */
  private final ArrayDeque<Frame> frames = new ArrayDeque<>(1);

  /** A deletion under way. */
  private @Nullable Deletion deletion;

  /** A range under way. */
  private @Nullable Reading reading;

  /**
   * @param before main revision of the state before
   * @param listener hears of every record at once
   */
  WriteTxn(KeyIndex index, long before, RecordListener listener) {
    this.index = index;
    this.before = before;
    this.listener = listener;
  }

  /** The store's main revision as it stands now, in the middle of the command. */
  long revision() {
    return made() == 0 ? before : before + 1;
  }

  private int made() {
    return earlier.size() + changes.size();
  }

  /** Everything that a command made which is not sliced. */
  Applied end(Result result) {
    return new Applied(result, changes.writes(), changes.events());
  }

  /** Ends a slice: the next one begins with nothing written. */
  Slice endSlice(List<Revision> missing, @Nullable Result result) {
    var slice = new Slice(changes.writes(), changes.events(), missing, result);
    earlier.join(slice.writes());
    changes = new Changes();
    return slice;
  }

  @Nullable Result range(Command.Range range, Allowance allowance) {
    if (reading == null) {
      var at = range.revision() > 0 ? range.revision() : revision();
      reading = new Reading(RangeSelection.select(index.present(), range, at), revision());
    }
    var current = reading;
    if (!current.read(allowance)) {
      return null;
    }
    reading = null;
    return current.result();
  }

  @Nullable Result put(Command.Put put, Allowance allowance) {
    var previous = index.present().find(put.key(), revision());
    Bytes previousRecord = null;
    if (previous != null && readsPrevious(put)) {
      previousRecord = record(previous.revision(), allowance);
      if (previousRecord == null) {
        return null;
      }
    }
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
    allowance.useKey();
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
    var checksum = RecordCodec.checksum(revision, false, record);
    listener.made(revision.main(), revision.sub(), record.size(), checksum);
    var replaced = previous == null ? null : previous.revision();
    changes.add(
        new Write(revision, false, record, checksum),
        new Event(revision, false, keyOf(key, record), record, replaced, lease));
  }

  /** The key as a window on the record, so that an event does not keep the request alive. */
  private static Bytes keyOf(Bytes key, Bytes record) {
    var keyAt = 1 + ProtoWriter.varintSize(key.size());
    return record.slice(keyAt, keyAt + key.size());
  }

  @Nullable Result deleteRange(Command.DeleteRange delete, Allowance allowance) {
    if (deletion == null) {
      deletion = new Deletion(delete);
    }
    var current = deletion;
    if (!current.delete(allowance)) {
      return null;
    }
    deletion = null;
    return current.result();
  }

  /** Deletes those of the keys that live, in their order; returns whether no key is left. */
  boolean delete(KeySource source, Allowance allowance) {
    while (!allowance.isUsedUp()) {
      var wanted = allowance.keys();
      var keys = source.take(wanted);
      allowance.useKeys(keys.size());
      var packer = new DeletePacker(next(), listener);
      index.deleteLive(keys, next(), packer);
      keep(packer);
      if (keys.size() < wanted) {
        return true;
      }
    }
    return false;
  }

  private void keep(DeletePacker packer) {
    if (packer.count() > 0) {
      changes.add(packer.pack());
    }
  }

  private Revision next() {
    return new Revision(before + 1, made());
  }

  /** Executes a path whose operations were checked; a nested answer has revision 0 (S6.6). */
  @Nullable Result txn(TxnEvaluation.Path path, Allowance allowance) {
    if (frames.isEmpty()) {
      frames.push(new Frame(path));
    }
    while (true) {
      var frame = frames.element();
      if (frame.isDone()) {
        frames.pop();
        var outer = frames.peek();
        if (outer == null) {
          return new Result.Txn(revision(), path.succeeded(), frame.responses);
        }
        outer.responses.add(new Result.Txn(0, frame.path.succeeded(), frame.responses));
      } else if (allowance.mustStop()) {
        return null;
      } else if (frame.path.ops().get(frame.responses.size()) instanceof Command.Txn) {
        frames.push(new Frame(frame.path.nested().get(frame.nestedDone++)));
      } else {
        var response = response(frame.path.ops().get(frame.responses.size()), allowance);
        if (response == null) {
          return null;
        }
        frame.responses.add(response);
      }
    }
  }

  private @Nullable Result response(Command.TxnOp op, Allowance allowance) {
    return switch (op) {
      case Command.Range range -> range(range, allowance);
      case Command.Put put -> put(put, allowance);
      case Command.DeleteRange delete -> deleteRange(delete, allowance);
      case Command.Txn _ -> throw new IllegalStateException("a transaction has a frame of its own");
      case Command.MissingOp _ ->
          throw new IllegalStateException("a missing operation passed the check");
    };
  }

  /** A record of this transaction's own making, or one that was brought along; null if not yet. */
  private @Nullable Bytes record(Revision revision, Allowance allowance) {
    if (revision.main() <= before) {
      return allowance.find(revision);
    }
    var sub = (int) revision.sub();
    var write = sub < earlier.size() ? earlier.get(sub) : changes.write(sub - earlier.size());
    return write.record();
  }

  /** The keys of an interval go, in their order. */
  private final class Deletion {
    private final Command.DeleteRange delete;
    private final List<Bytes> prevKvs = new ArrayList<>(0);
    private KeyRange left;
    private long deleted;

    Deletion(Command.DeleteRange delete) {
      this.delete = delete;
      left = KeyRange.of(delete.key(), delete.rangeEnd());
    }

    /** Goes on; returns whether no key is left. */
    boolean delete(Allowance allowance) {
      return delete.prevKv() ? deleteRead(allowance) : deleteUnread(allowance);
    }

    private boolean deleteUnread(Allowance allowance) {
      if (allowance.isUsedUp()) {
        return false;
      }
      var packer = new DeletePacker(next(), listener);
      var rest = index.deleteLive(left, next(), allowance.keys(), packer);
      keep(packer);
      allowance.useKeys(packer.count());
      deleted += packer.count();
      if (rest != null) {
        left = new KeyRange(rest, left.to());
      }
      return rest == null;
    }

    /** Reads what the next keys hold before they go. */
    private boolean deleteRead(Allowance allowance) {
      var doomed = new ArrayList<IndexEntry>();
      var cut = new boolean[1];
      index
          .present()
          .scan(
              left,
              revision(),
              entry -> {
                cut[0] = allowance.isUsedUp();
                if (cut[0]) {
                  return false;
                }
                doomed.add(entry);
                allowance.useKey(entry.recordSize());
                return true;
              });
      var read = new ArrayList<Bytes>();
      for (var entry : doomed) {
        var record = record(entry.revision(), allowance);
        if (record != null) {
          read.add(record);
        }
      }
      if (read.size() < doomed.size()) {
        return false;
      }
      prevKvs.addAll(read);
      if (!doomed.isEmpty()) {
        var last = doomed.getLast().key();
        var packer = new DeletePacker(next(), listener);
        var _ =
            index.deleteLive(
                new KeyRange(left.from(), KeyRange.single(last).to()),
                next(),
                doomed.size(),
                packer);
        InvariantViolation.check(
            packer.count() == doomed.size(), "the keys go whose values were read");
        keep(packer);
        deleted += doomed.size();
        left = left.behind(last);
      }
      return !cut[0];
    }

    Result.DeleteRange result() {
      return new Result.DeleteRange(revision(), deleted, prevKvs);
    }
  }

  /** A range whose records are collected before it is answered. */
  private final class Reading {
    private final RangeSelection selection;
    private final long headerRevision;
    private final List<Need> needs;
    private final Map<Revision, Bytes> found = new HashMap<>();
    private int read;

    Reading(RangeSelection selection, long headerRevision) {
      this.selection = selection;
      this.headerRevision = headerRevision;
      needs = selection.needs();
    }

    boolean read(Allowance allowance) {
      var next = read;
      for (; next < needs.size() && !allowance.isUsedUp(); next++) {
        var need = needs.get(next);
        allowance.useKey(need.recordSize());
        if (!found.containsKey(need.revision())) {
          var record = record(need.revision(), allowance);
          if (record != null) {
            found.put(need.revision(), record);
          }
        }
      }
      if (!allowance.missing().isEmpty()) {
        return false;
      }
      read = next;
      return read == needs.size();
    }

    Result.Range result() {
      return selection.toResult(headerRevision, this::found);
    }

    private Bytes found(Revision revision) {
      return InvariantViolation.present(found.get(revision), "a range is answered when it is read");
    }
  }
}
