package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.index.IndexEntry;
import dev.kvorum.storage.index.IndexView;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.KeyRange;
import dev.kvorum.storage.model.KeyValue;
import dev.kvorum.storage.model.KeyValueCodec;
import dev.kvorum.storage.model.Result;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * The keys that a range answers with, chosen from the index alone: interval, filters, order and
 * limit (contract S2). Only an order by value has to wait for the records; then the selection holds
 * every candidate and {@link #toResult} orders and cuts.
 */
final class RangeSelection {
  private final Command.Range range;
  private final List<IndexEntry> entries;
  private final boolean more;
  private final long count;

  private RangeSelection(Command.Range range, List<IndexEntry> entries, boolean more, long count) {
    this.range = range;
    this.entries = entries;
    this.more = more;
    this.count = count;
  }

  /** The selection among the keys that live at main revision {@code at}. */
  static RangeSelection select(IndexView index, Command.Range range, long at) {
    return select(index, range, at, 0);
  }

  /**
   * The selection with at least {@code spare} more keys than the limit allows. A transaction
   * selects on the state before it, and each of its own deletes and puts may move one key out of
   * the selection and let another one in (see {@link CommandNeeds}).
   */
  static RangeSelection select(IndexView index, Command.Range range, long at, long spare) {
    return range.rangeEnd().isEmpty()
        ? selectSingle(index, range, at)
        : selectInterval(index, range, at, spare);
  }

  private static RangeSelection selectSingle(IndexView index, Command.Range range, long at) {
    var entry = index.find(range.key(), at);
    if (entry == null) {
      return new RangeSelection(range, List.of(), false, 0);
    }
    var isShown = !range.countOnly() && passesFilters(range, entry);
    return new RangeSelection(range, isShown ? List.of(entry) : List.of(), false, 1);
  }

  private static RangeSelection selectInterval(
      IndexView index, Command.Range range, long at, long spare) {
    var keys = KeyRange.of(range.key(), range.rangeEnd());
    var count = index.count(keys, at);
    if (count == 0 || range.countOnly()) {
      return new RangeSelection(range, List.of(), false, count);
    }
    var limit = limitOf(range, count, spare);
    var fetched = stopsEarly(range) ? Math.min(limit + 1, count) : count;
    var entries = fetch(index, keys, at, range, fetched);
    if (isSortedByValue(range)) {
      return new RangeSelection(range, entries, false, count);
    }
    sortByIndex(range, entries);
    if (spare > 0) {
      // The transaction's own writes decide which of these come last in the order, and how the sort
      // places those that are equal in it: none is left out.
      return new RangeSelection(range, entries, false, count);
    }
    return limit < entries.size()
        ? new RangeSelection(range, entries.subList(0, (int) limit), true, count)
        : new RangeSelection(range, entries, false, count);
  }

  /** The limit in keys; {@code count} stands for none. */
  private static long limitOf(Command.Range range, long count, long spare) {
    return range.limit() <= 0 || range.limit() >= count - spare ? count : range.limit() + spare;
  }

  /**
   * Whether only as many keys are looked at as the limit allows and one more, which tells whether
   * there are more. So it is in key order without a filter, and also with {@code NONE} and a target
   * (contract S2.6, Trap): the sort then sees the first {@code limit + 1} keys and drops the last
   * of its order, which need not be the last of those keys.
   */
  private static boolean stopsEarly(Command.Range range) {
    var isKeyOrder =
        range.sortOrder() == Command.SORT_ASCEND && range.sortTarget() == Command.TARGET_KEY;
    return !hasFilters(range) && (isKeyOrder || range.sortOrder() == Command.SORT_NONE);
  }

  private static List<IndexEntry> fetch(
      IndexView index, KeyRange keys, long at, Command.Range range, long limit) {
    var entries = new ArrayList<IndexEntry>();
    index.scan(
        keys,
        at,
        entry -> {
          if (passesFilters(range, entry)) {
            entries.add(entry);
          }
          return entries.size() < limit;
        });
    return entries;
  }

  private static boolean hasFilters(Command.Range range) {
    return range.minModRevision() != 0
        || range.maxModRevision() != 0
        || range.minCreateRevision() != 0
        || range.maxCreateRevision() != 0;
  }

  private static boolean passesFilters(Command.Range range, IndexEntry entry) {
    return passesFilters(range, entry.modRevision(), entry.createRevision());
  }

  static boolean passesFilters(Command.Range range, long modRevision, long createRevision) {
    return isWithin(modRevision, range.minModRevision(), range.maxModRevision())
        && isWithin(createRevision, range.minCreateRevision(), range.maxCreateRevision());
  }

  private static boolean isWithin(long revision, long min, long max) {
    return (min == 0 || revision >= min) && (max == 0 || revision <= max);
  }

  private static boolean isSortedByValue(Command.Range range) {
    return range.sortTarget() == Command.TARGET_VALUE;
  }

  private static void sortByIndex(Command.Range range, List<IndexEntry> entries) {
    switch (range.sortTarget()) {
      case Command.TARGET_VERSION ->
          sort(range, entries, Comparator.comparingLong(IndexEntry::version));
      case Command.TARGET_CREATE ->
          sort(range, entries, Comparator.comparingLong(IndexEntry::createRevision));
      case Command.TARGET_MOD ->
          sort(range, entries, Comparator.comparingLong(IndexEntry::modRevision));
      default -> {
        if (range.sortOrder() == Command.SORT_DESCEND && !isSortedByValue(range)) {
          Collections.reverse(entries);
        }
      }
    }
  }

  /** An order of NONE sorts ascending by a target (contract S2.6). */
  private static <T> void sort(Command.Range range, List<T> items, Comparator<T> ascending) {
    PatternDefeatingSort.sort(
        items, range.sortOrder() == Command.SORT_DESCEND ? ascending.reversed() : ascending);
  }

  /** The records that {@link #toResult} will read. */
  List<Need> needs() {
    return readsRecords() ? entries.stream().map(Need::of).toList() : List.of();
  }

  /** The lease is in the record alone, and yet keys-only answers do not look: S2.7, Trap. */
  private boolean readsRecords() {
    return !range.keysOnly() || isSortedByValue(range);
  }

  List<IndexEntry> entries() {
    return entries;
  }

  /** Whether the limit left keys out, as far as the index can tell. */
  boolean more() {
    return more;
  }

  /** The answer; {@code headerRevision} is the store's present one. */
  Result.Range toResult(long headerRevision, Records records) {
    if (isSortedByValue(range)) {
      return toResultByValue(headerRevision, records);
    }
    var kvs = new ArrayList<Bytes>(entries.size());
    for (var entry : entries) {
      kvs.add(range.keysOnly() ? keyOnly(entry) : records.get(entry.revision()));
    }
    return new Result.Range(headerRevision, kvs, more, count);
  }

  private Result.Range toResultByValue(long headerRevision, Records records) {
    record Candidate(Bytes record, KeyValue kv) {}

    var candidates = new ArrayList<Candidate>(entries.size());
    for (var entry : entries) {
      var record = records.get(entry.revision());
      candidates.add(new Candidate(record, KeyValueCodec.decodeStored(record)));
    }
    sort(range, candidates, Comparator.comparing(candidate -> candidate.kv().value()));
    var isCut = range.limit() > 0 && range.limit() < candidates.size();
    var shown = isCut ? candidates.subList(0, (int) range.limit()) : candidates;
    var kvs = new ArrayList<Bytes>(shown.size());
    for (var candidate : shown) {
      kvs.add(range.keysOnly() ? withoutValue(candidate.kv()) : candidate.record());
    }
    return new Result.Range(headerRevision, kvs, more || isCut, count);
  }

  /** What a keys-only answer shows of a key. */
  static Bytes keyOnly(IndexEntry entry) {
    return KeyValueCodec.encode(
        entry.key(), entry.createRevision(), entry.modRevision(), entry.version(), Bytes.EMPTY, 0);
  }

  private static Bytes withoutValue(KeyValue kv) {
    return KeyValueCodec.encode(
        kv.key(), kv.createRevision(), kv.modRevision(), kv.version(), Bytes.EMPTY, kv.lease());
  }
}
