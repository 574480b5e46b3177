package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.index.IndexView;
import dev.kvorum.storage.index.LiveKey;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.RangeMessage;
import dev.kvorum.storage.model.ResponseCodec;
import org.jspecify.annotations.Nullable;

/**
 * A range whose answer is too large to be held: its messages are measured first, which takes the
 * index alone, and then made piece by piece. A unary answer is one message (contract S2), a stream
 * is several (S3).
 *
 * <p>For each message: {@link #begin}, {@link #measure} until it knows, and {@link #next} until it
 * gives nothing. Each call looks at the view that it is given, and at a bounded part of it, so no
 * view has to be held between two calls. Whoever calls holds one pin from {@code begin} to the last
 * {@code next} of a message; without it a compaction in between would change what the revision
 * shows, and the message would not be as long as was said.
 *
 * <p>Only orders in which keys come from the index are possible: see {@link #isPossible}. Used by
 * one thread at a time.
 */
public final class LongRange {
  /** Keys of a stream's first message (contract S3.3). */
  private static final long FIRST_MESSAGE_KEYS = 10;

  /** Where a stream's message is cut if small records are followed by very large ones. */
  private static final long MOST_MESSAGE_BYTES = 64L << 20;

  private final Command.Range range;

  /** The keys that were asked for. */
  private final KeyRange keys;

  /** By which messages grow and shrink; zero for a single message. */
  private final long maxRequestBytes;

  /** Keys that the present message may have. */
  private long messageKeys;

  /** Keys that the client's limit still allows. */
  private long remaining;

  /** What the first message fixes for all; 0 before. */
  private long at;

  private long headerRevision;
  private long count;

  /** Whether {@link #count} is still to be found, as for a past revision, where it takes time. */
  private boolean counting;

  /** Where the next look begins. */
  private Bytes position;

  /** Where the message begins: the end of the one before. */
  private Bytes messageFrom;

  private long measuredKeys;
  private long measuredBytes;
  private int largestBytes;

  /** Whether keys that were asked for lie behind the measured ones. */
  private boolean more;

  /** Keys and bytes of the measured message that were not made yet. */
  private long leftKeys;

  private long leftBytes;

  private LongRange(Command.Range range, long maxRequestBytes) {
    this.range = range;
    this.keys = KeyRange.of(range.key(), range.rangeEnd());
    this.maxRequestBytes = maxRequestBytes;
    messageKeys = maxRequestBytes == 0 ? Long.MAX_VALUE : FIRST_MESSAGE_KEYS;
    remaining = range.limit() > 0 ? range.limit() : Long.MAX_VALUE;
    position = keys.from();
    messageFrom = position;
  }

  /** The whole answer in one message. */
  public static LongRange unary(Command.Range range) {
    InvariantViolation.check(isPossible(range), "only an order of the index is made in pieces");
    return new LongRange(range, 0);
  }

  /**
   * The answer in messages that adapt to the size of what is found (contract S3.3), in key order
   * whatever the target of a sort that was not asked for.
   *
   * @param range that passed {@link RequestCheck#checkStream}
   * @param maxRequestBytes the member's limit for requests
   */
  public static LongRange stream(Command.Range range, long maxRequestBytes) {
    return new LongRange(range, maxRequestBytes);
  }

  /** Whether the keys are wanted in the order in which the index has them. */
  public static boolean isPossible(Command.Range range) {
    return range.sortTarget() == Command.TARGET_KEY
        && (range.sortOrder() == Command.SORT_NONE || range.sortOrder() == Command.SORT_ASCEND);
  }

  /**
   * Begins the next message; not after the last one. The caller's pin stands already.
   *
   * @param view the one that was newest when the pin stood
   * @return why the answer ends here instead, or null
   */
  public @Nullable Failure begin(StoreView view) {
    var isFirst = at == 0;
    var failure = view.refusal(isFirst ? range.revision() : at);
    if (failure != null) {
      return failure;
    }
    if (isFirst) {
      at = view.resolve(range.revision());
      headerRevision = view.revision();
      // The present is counted without a walk, and only now is it surely the present.
      counting = at < view.revision();
      count = counting ? 0 : view.index().count(keys, at);
    }
    measuredKeys = 0;
    measuredBytes = 0;
    largestBytes = 0;
    more = false;
    return null;
  }

  /**
   * Looks at some further keys of the message. May take a while for a past revision, whose keys are
   * counted at once.
   *
   * @param maxKeys how many at most
   * @return the message, or null while more has to be looked at
   */
  public @Nullable RangeMessage measure(StoreView view, int maxKeys) {
    if (counting) {
      // Only what has changed since that revision is walked.
      counting = false;
      count = view.index().count(keys, at);
      return null;
    }
    if (range.countOnly()) {
      return measured();
    }
    var limit = Math.min(messageKeys, remaining);
    var isCutShort =
        look(
            view,
            maxKeys,
            key -> {
              if (!passesFilters(key)) {
                return true;
              }
              if (measuredKeys == limit || measuredBytes >= mostMessageBytes()) {
                more = true;
                return false;
              }
              measuredKeys++;
              var size = fieldSize(key);
              measuredBytes += size;
              largestBytes = Math.max(largestBytes, size);
              return true;
            });
    return isCutShort && !more ? null : measured();
  }

  /** The only message has any size; one of several ends where clients would refuse it. */
  private long mostMessageBytes() {
    return maxRequestBytes == 0 ? Long.MAX_VALUE : MOST_MESSAGE_BYTES;
  }

  private RangeMessage measured() {
    position = messageFrom;
    leftKeys = measuredKeys;
    leftBytes = measuredBytes;
    remaining -= measuredKeys;
    adapt();
    var isLast = remaining == 0 || !more;
    return isLast
        ? new RangeMessage(measuredBytes, largestBytes, true, headerRevision, more, count)
        : new RangeMessage(measuredBytes, largestBytes, false, 0, false, 0);
  }

  private void adapt() {
    if (measuredBytes < maxRequestBytes / 2) {
      messageKeys = Math.min(messageKeys * 2, Integer.MAX_VALUE);
    } else if (maxRequestBytes > 0 && measuredBytes > maxRequestBytes * 2) {
      messageKeys = Math.max(messageKeys / 2, 1);
    }
  }

  /** Whether {@link #next} has given all keys of the present message. */
  public boolean isComplete() {
    return leftKeys == 0;
  }

  /**
   * The next keys of the measured message, as many as fit and at least one; none where filters have
   * passed over all that was looked at. Their records are the caller's to put.
   */
  public RangePiece next(StoreView view, int maxKeys, long maxBytes) {
    InvariantViolation.check(leftKeys > 0, "a complete message has no more keys");
    var piece = new RangePiece.Draft(range.keysOnly());
    var wantedBytes = leftBytes - maxBytes;
    var isCutShort =
        look(
            view,
            maxKeys,
            key -> {
              if (passesFilters(key)) {
                piece.add(key);
                leftKeys--;
                leftBytes -= fieldSize(key);
              }
              return leftKeys > 0 && leftBytes > wantedBytes;
            });
    InvariantViolation.check(isCutShort, "no key leaves a pinned revision");
    if (leftKeys == 0) {
      InvariantViolation.check(leftBytes == 0, "a message is as long as was said");
      messageFrom = position;
    }
    return piece.finish();
  }

  private boolean passesFilters(LiveKey key) {
    return RangeSelection.passesFilters(range, key.modRevision(), key.createRevision());
  }

  private int fieldSize(LiveKey key) {
    return ResponseCodec.sizeOfKeyValue(
        range.keysOnly() ? RangeSelection.keyOnly(key.entry()).size() : key.recordSize());
  }

  /**
   * Shows keys from {@link #position} on, and moves it behind the last one shown.
   *
   * @return whether keys may be left
   */
  private boolean look(StoreView view, int maxKeys, IndexView.Walker walker) {
    var shown = new Shown(maxKeys, walker);
    view.index().walk(new KeyRange(position, keys.to()), at, shown);
    var last = shown.last;
    if (last == null) {
      return false;
    }
    position = successor(last);
    return true;
  }

  private static Bytes successor(Bytes key) {
    var successor = new byte[key.size() + 1];
    key.copyTo(successor, 0);
    return Bytes.wrap(successor);
  }

  /** Ends a look when the walker has enough or the look is long enough. */
  private static final class Shown implements IndexView.Walker {
    private final IndexView.Walker walker;
    private int left;

    /** The key that the look ended with; null while it goes on, and when all keys were shown. */
    private @Nullable Bytes last;

    Shown(int maxKeys, IndexView.Walker walker) {
      this.walker = walker;
      left = maxKeys;
    }

    @Override
    public boolean visit(LiveKey key) {
      left--;
      if (walker.visit(key) && left > 0) {
        return true;
      }
      last = key.key();
      return false;
    }
  }
}
