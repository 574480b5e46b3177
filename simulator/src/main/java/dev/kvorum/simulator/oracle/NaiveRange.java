package dev.kvorum.simulator.oracle;

import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.KeyValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Filters, order and limit of a range (contract S2.3 to S2.7). */
final class NaiveRange {
  private NaiveRange() {}

  /**
   * @param present the revision that the answer shows, and reads at unless the request names one
   */
  static Expected.Range select(NaiveModel model, Command.Range range, long present) {
    var at = range.revision() > 0 ? range.revision() : present;
    var matching = model.live(range.key(), range.rangeEnd(), at);
    var count = matching.size();
    List<Version> shown = new ArrayList<>();
    for (var version : matching) {
      if (passes(range, version.live())) {
        shown.add(version);
      }
    }
    var order = order(range);
    if (order != null) {
      var cut = cutBeforeSorting(range, shown);
      cut.sort((one, other) -> order.compare(one.live(), other.live()));
      shown = cut;
    }
    return new Expected.Range(present, range, shown, order, count);
  }

  private static boolean passes(Command.Range range, KeyValue kv) {
    return isWithin(kv.modRevision(), range.minModRevision(), range.maxModRevision())
        && isWithin(kv.createRevision(), range.minCreateRevision(), range.maxCreateRevision());
  }

  /** Both bounds are inclusive; 0 is none. */
  private static boolean isWithin(long number, long min, long max) {
    return (min == 0 || number >= min) && (max == 0 || number <= max);
  }

  /**
   * Without an order but with a target and a limit, only the first {@code limit + 1} keys are
   * fetched, and the order is that of these (S2.3, and the trap of S2.6).
   */
  private static List<Version> cutBeforeSorting(Command.Range range, List<Version> shown) {
    var fetchesAll =
        range.sortOrder() != Command.SORT_NONE
            || range.limit() <= 0
            || range.limit() >= shown.size()
            || hasFilter(range);
    return fetchesAll ? shown : new ArrayList<>(shown.subList(0, (int) range.limit() + 1));
  }

  private static boolean hasFilter(Command.Range range) {
    return range.minModRevision() != 0
        || range.maxModRevision() != 0
        || range.minCreateRevision() != 0
        || range.maxCreateRevision() != 0;
  }

  /** The order of the request, or null when it is that of the keys. */
  private static @Nullable Comparator<KeyValue> order(Command.Range range) {
    Comparator<KeyValue> ascending =
        switch (range.sortTarget()) {
          case Command.TARGET_KEY -> Comparator.comparing(KeyValue::key);
          case Command.TARGET_VERSION -> Comparator.comparingLong(KeyValue::version);
          case Command.TARGET_CREATE -> Comparator.comparingLong(KeyValue::createRevision);
          case Command.TARGET_MOD -> Comparator.comparingLong(KeyValue::modRevision);
          case Command.TARGET_VALUE -> Comparator.comparing(KeyValue::value);
          default -> throw new IllegalArgumentException("no client here asks for " + range);
        };
    if (range.sortOrder() == Command.SORT_DESCEND) {
      return ascending.reversed();
    }
    return range.sortTarget() == Command.TARGET_KEY ? null : ascending;
  }
}
