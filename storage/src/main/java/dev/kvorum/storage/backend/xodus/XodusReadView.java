package dev.kvorum.storage.backend.xodus;

import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.FailStop;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.EnumMap;
import java.util.List;
import jetbrains.exodus.env.Cursor;
import jetbrains.exodus.env.ReadonlyTransaction;
import org.jspecify.annotations.Nullable;

/** A read-only transaction. While it is open the cleaner keeps every file that it may touch. */
final class XodusReadView implements ReadView {
  private final FailStop failStop;
  private final EnumMap<Bucket, XodusBucket> buckets;
  private final ReadonlyTransaction transaction;
  private final TreePages pages;
  private final Runnable whenClosed;
  private boolean closed;

  /**
   * @param pages of the engine that the transaction is of
   * @param whenClosed runs once, on the thread that closes the view
   */
  XodusReadView(
      FailStop failStop,
      EnumMap<Bucket, XodusBucket> buckets,
      ReadonlyTransaction transaction,
      TreePages pages,
      Runnable whenClosed) {
    this.failStop = failStop;
    this.buckets = buckets;
    this.transaction = transaction;
    this.pages = pages;
    this.whenClosed = whenClosed;
  }

  @Override
  public @Nullable Bytes get(Bucket bucket, Bytes key) {
    checkOpen();
    return failStop.read("get from " + bucket, () -> bucket(bucket).get(transaction, key));
  }

  @Override
  public void getAll(Bucket bucket, List<Bytes> keys, Found found) {
    checkOpen();
    var source = bucket(bucket);
    var what = "get from " + bucket;
    // The caller's part runs outside of the guard: what it throws is not the engine's failure.
    try (var reader = failStop.call(what, () -> source.openReader(transaction, pages))) {
      for (var i = 0; i < keys.size(); i++) {
        var key = keys.get(i);
        found.value(i, failStop.read(what, () -> source.get(transaction, reader, key)));
      }
    }
  }

  @Override
  public void scan(Bucket bucket, Bytes from, Visitor visitor) {
    checkOpen();
    var source = bucket(bucket);
    var what = "scan of " + bucket;
    // The visitor runs outside of the guard: what it throws is not the engine's failure.
    try (var cursor = failStop.call(what, () -> source.openCursor(transaction))) {
      var entry = failStop.read(what, () -> first(source, cursor, from));
      while (entry != null && visitor.visit(entry.key(), entry.value())) {
        entry = failStop.read(what, () -> next(source, cursor));
      }
    }
  }

  private record Entry(Bytes key, Bytes value) {}

  private @Nullable Entry first(XodusBucket source, Cursor cursor, Bytes from) {
    if (from.isEmpty()) {
      return next(source, cursor);
    }
    return cursor.getSearchKeyRange(XodusBucket.iterable(from)) == null
        ? null
        : present(source, cursor);
  }

  private @Nullable Entry next(XodusBucket source, Cursor cursor) {
    return cursor.getNext() ? present(source, cursor) : null;
  }

  private Entry present(XodusBucket source, Cursor cursor) {
    var key = XodusBucket.bytes(cursor.getKey());
    return new Entry(key, source.value(transaction, key, XodusBucket.bytes(cursor.getValue())));
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      try {
        failStop.run("closing a view", transaction::abort);
      } finally {
        whenClosed.run();
      }
    }
  }

  private XodusBucket bucket(Bucket bucket) {
    return InvariantViolation.present(buckets.get(bucket), "every bucket is opened");
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the view is closed");
    }
  }
}
