package dev.kvorum.simulator.oracle;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command.Compare;
import dev.kvorum.storage.model.KeyValue;
import java.util.List;

/** Whether a transaction's condition holds (contract S6.2). */
final class NaiveCompare {
  private NaiveCompare() {}

  /**
   * @param found what lives in the condition's interval
   */
  static boolean holds(Compare compare, List<Version> found) {
    if (found.isEmpty()) {
      // A missing key counts as all zero, but has no value that anything could be compared with.
      return compare.target() != Compare.VALUE
          && holds(compare, new KeyValue(compare.key(), 0, 0, 0, Bytes.EMPTY, 0));
    }
    return found.stream().allMatch(version -> holds(compare, version.live()));
  }

  private static boolean holds(Compare compare, KeyValue kv) {
    var order =
        switch (compare.target()) {
          case Compare.VERSION -> Long.compare(kv.version(), compare.operand());
          case Compare.CREATE -> Long.compare(kv.createRevision(), compare.operand());
          case Compare.MOD -> Long.compare(kv.modRevision(), compare.operand());
          case Compare.VALUE -> kv.value().compareTo(compare.value());
          case Compare.LEASE -> Long.compare(kv.lease(), compare.operand());
          default -> throw new IllegalArgumentException("no client here asks for " + compare);
        };
    return switch (compare.result()) {
      case Compare.EQUAL -> order == 0;
      case Compare.GREATER -> order > 0;
      case Compare.LESS -> order < 0;
      case Compare.NOT_EQUAL -> order != 0;
      default -> throw new IllegalArgumentException("no client here asks for " + compare);
    };
  }
}
