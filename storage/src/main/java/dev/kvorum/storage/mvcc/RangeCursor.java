package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.ResponseCodec;
import dev.kvorum.storage.model.Result;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a range chunk by chunk at one pinned revision (contract S3). Each chunk is planned on the
 * newest view, so a stream that lasts long keeps no old view alive, and a compaction that overtakes
 * it is noticed. Used by one thread at a time.
 */
public final class RangeCursor {
  /** Keys of the first chunk. */
  private static final long FIRST_CHUNK_KEYS = 10;

  /**
   * One chunk of a stream.
   *
   * @param plan brings the chunk's {@link Result.Range}, or {@link Result.Failed} to end the
   *     stream; it must be finished before the next chunk is asked for
   * @param isLast whether the stream ends with it; this chunk alone carries revision, more and
   *     count
   */
  public record Chunk(ReadPlan plan, boolean isLast) {}

  private final Command.Range range;
  private final long maxRequestBytes;

  /** Keys that the next chunk asks for. */
  private long chunkKeys = FIRST_CHUNK_KEYS;

  /** Keys that the client's limit still allows. */
  private long remaining;

  /** Null until the first chunk is planned. */
  private @Nullable Pin pin;

  /** Where the next chunk begins. */
  private Bytes from;

  /** What the first chunk fixes for the whole stream. */
  private record Pin(long at, long headerRevision, long count) {}

  RangeCursor(Command.Range range, long maxRequestBytes) {
    this.range = range;
    this.maxRequestBytes = maxRequestBytes;
    this.remaining = range.limit() > 0 ? range.limit() : Long.MAX_VALUE;
    this.from = range.key();
  }

  /** Plans the next chunk on the store's newest view. Not to be called after the last one. */
  public Chunk next(StoreView view) {
    var failure = view.refusal(pin == null ? range.revision() : pin.at());
    if (failure != null) {
      return new Chunk(ReadPlan.failed(failure), true);
    }
    var pinned = pin;
    if (pinned == null) {
      pinned = pinTo(view);
      pin = pinned;
    }
    return chunk(view, pinned);
  }

  private Pin pinTo(StoreView view) {
    var at = view.resolve(range.revision());
    var count = view.index().count(KeyRange.of(range.key(), range.rangeEnd()), at);
    return new Pin(at, view.revision(), count);
  }

  private Chunk chunk(StoreView view, Pin pinned) {
    var keys = range.countOnly() ? 0 : Math.min(chunkKeys, remaining);
    var selection = RangeSelection.select(view.index(), slice(keys), pinned.at());
    var entries = selection.entries();
    remaining -= entries.size();
    var isLast = range.countOnly() || remaining == 0 || !selection.more();
    if (!entries.isEmpty()) {
      from = successor(entries.getLast().key());
    }
    var isCut = !range.countOnly() && selection.more();
    return new Chunk(new ChunkPlan(selection, pinned, isLast, isCut), isLast);
  }

  /** The request for the keys from here on; a single key stays a single key. */
  private Command.Range slice(long limit) {
    return new Command.Range(
        from,
        range.rangeEnd(),
        limit,
        0,
        Command.SORT_NONE,
        Command.TARGET_KEY,
        range.serializable(),
        range.keysOnly(),
        range.countOnly(),
        0,
        0,
        0,
        0);
  }

  private static Bytes successor(Bytes key) {
    var successor = new byte[key.size() + 1];
    key.copyTo(successor, 0);
    return Bytes.wrap(successor);
  }

  private void adapt(long chunkBytes) {
    if (chunkBytes < maxRequestBytes / 2) {
      chunkKeys = Math.min(chunkKeys * 2, Integer.MAX_VALUE);
    } else if (chunkBytes > maxRequestBytes * 2) {
      chunkKeys = Math.max(chunkKeys / 2, 1);
    }
  }

  private final class ChunkPlan implements ReadPlan {
    private final RangeSelection selection;
    private final Pin pinned;
    private final boolean isLast;
    private final boolean isCut;

    ChunkPlan(RangeSelection selection, Pin pinned, boolean isLast, boolean isCut) {
      this.selection = selection;
      this.pinned = pinned;
      this.isLast = isLast;
      this.isCut = isCut;
    }

    @Override
    public List<Need> needs() {
      return selection.needs();
    }

    @Override
    public Result finish(Records records) {
      var chunk = selection.toResult(pinned.headerRevision(), records);
      adapt(ResponseCodec.sizeOfKeyValues(chunk.kvs()));
      return isLast
          ? new Result.Range(pinned.headerRevision(), chunk.kvs(), isCut, pinned.count())
          : new Result.Range(0, chunk.kvs(), false, 0);
    }
  }
}
