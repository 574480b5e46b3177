package dev.kvorum.simulator.client;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.Result;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one client remembers of the answers that it got. */
final class Memory {
  private final KeySpace keys;

  /** By key: the mod revision that the client saw last, 0 for a key that was missing. */
  private final long[] modRevisions;

  private long revision = 1;
  private Command.@Nullable Range nextPage;

  Memory(KeySpace keys) {
    this.keys = keys;
    modRevisions = new long[keys.count()];
  }

  /** The highest revision that an answer showed. */
  long revision() {
    return revision;
  }

  long modRevision(int key) {
    return modRevisions[key];
  }

  /** The page that follows the one which was read last, or null when that was the last one. */
  Command.@Nullable Range takeNextPage() {
    var page = nextPage;
    nextPage = null;
    return page;
  }

  /** An answer has come. */
  void learn(Command command, Result result) {
    switch (command) {
      case Command.Put put when result instanceof Result.Put answer -> saw(put.key(), answer);
      case Command.DeleteRange delete when result instanceof Result.DeleteRange answer -> {
        saw(answer.revision());
        if (delete.rangeEnd().isEmpty()) {
          saw(delete.key(), 0);
        }
      }
      case Command.Range range when result instanceof Result.Range answer -> saw(range, answer);
      case Command.Txn txn when result instanceof Result.Txn answer -> {
        saw(answer.revision());
        saw(answer.succeeded() ? txn.success() : txn.failure(), answer.responses());
      }
      case Command.Compact _ when result instanceof Result.Compact answer -> saw(answer.revision());
      default -> {
        // A refusal, or nothing that could be remembered.
      }
    }
  }

  private void saw(List<Command.TxnOp> ops, List<Result> responses) {
    for (var i = 0; i < ops.size() && i < responses.size(); i++) {
      if (ops.get(i) instanceof Command op) {
        learn(op, responses.get(i));
      }
    }
  }

  private void saw(Bytes key, Result.Put answer) {
    saw(answer.revision());
    saw(key, answer.revision());
  }

  private void saw(Command.Range range, Result.Range answer) {
    saw(answer.revision());
    if (range.rangeEnd().isEmpty() && answer.count() == 0 && range.revision() <= 0) {
      saw(range.key(), 0);
    }
    Bytes last = null;
    for (var record : answer.kvs()) {
      var kv = KeyValueCodec.decodeStored(record);
      last = kv.key();
      saw(kv.key(), kv.modRevision());
    }
    nextPage = answer.more() && last != null ? pageAfter(range, last, answer.revision()) : null;
  }

  /** The next page begins right behind the last key and reads the state of the first page. */
  private static Command.Range pageAfter(Command.Range range, Bytes last, long firstRevision) {
    var from = new byte[last.size() + 1];
    last.copyTo(from, 0);
    var at = range.revision() > 0 ? range.revision() : firstRevision;
    return Ranges.page(Bytes.wrap(from), range.rangeEnd(), range.limit(), at);
  }

  private void saw(long shown) {
    revision = Math.max(revision, shown);
  }

  private void saw(Bytes key, long modRevision) {
    var number = keys.number(key);
    if (number >= 0) {
      modRevisions[number] = modRevision;
    }
  }
}
