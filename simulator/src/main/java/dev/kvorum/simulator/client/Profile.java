package dev.kvorum.simulator.client;

import dev.kvorum.simulator.engine.SimRandom;
import java.util.List;

/**
 * What kind of traffic a client makes: which actions, and how often. The first five are modelled on
 * the traffic of etcd's robustness tests.
 */
public enum Profile {
  /** A bit of everything, most of it puts. */
  PUTS(
      of(Action.PUT, 30),
      of(Action.LARGE_PUT, 3),
      of(Action.GET, 15),
      of(Action.LIST, 10),
      of(Action.STALE_GET, 8),
      of(Action.STALE_LIST, 4),
      of(Action.DELETE, 5),
      of(Action.MULTI_TXN, 10),
      of(Action.PUT_WITH_PREVIOUS, 5),
      of(Action.COMPARE_AND_PUT, 10)),
  /** Puts and as many deletes. */
  PUTS_AND_DELETES(
      of(Action.PUT, 35),
      of(Action.DELETE, 30),
      of(Action.DELETE_RANGE, 3),
      of(Action.GET, 20),
      of(Action.STALE_GET, 5),
      of(Action.LIST, 7)),
  /** Deletes before anything else. */
  DELETES(
      of(Action.DELETE, 45),
      of(Action.DELETE_RANGE, 5),
      of(Action.PUT, 25),
      of(Action.GET, 20),
      of(Action.OLD_RANGE, 5)),
  /** As a Kubernetes API server: guarded creates, updates and deletes, and lists in pages. */
  KUBERNETES(
      of(Action.CREATE, 25),
      of(Action.UPDATE, 30),
      of(Action.GUARDED_DELETE, 15),
      of(Action.GET, 10),
      of(Action.PAGE, 17),
      of(Action.COUNT, 1),
      of(Action.COMPACT, 2)),
  /** Keys that come and go. */
  CREATES_AND_DELETES(
      of(Action.CREATE, 45),
      of(Action.DELETE, 30),
      of(Action.GET, 15),
      of(Action.STALE_LIST, 5),
      of(Action.OLD_RANGE, 5)),
  /** Transactions with many operations and levels. */
  TRANSACTIONS(
      of(Action.NESTED_TXN, 40),
      of(Action.MULTI_TXN, 30),
      of(Action.READ_TXN, 15),
      of(Action.TOUCH, 5),
      of(Action.DELETE_RANGE, 5),
      of(Action.GET, 5)),
  /** Ranges with every option, and the writes that make them interesting. */
  RANGES(
      of(Action.ODD_RANGE, 35),
      of(Action.OLD_RANGE, 20),
      of(Action.COUNT, 5),
      of(Action.PAGE, 5),
      of(Action.READ_TXN, 5),
      of(Action.PUT, 15),
      of(Action.DELETE, 7),
      of(Action.DELETE_RANGE, 3),
      of(Action.COMPACT, 5)),
  /**
   * One key at a time. Only such histories can be searched key by key, see {@code
   * dev.kvorum.simulator.oracle.LinearizabilitySearch}.
   */
  SINGLE_KEYS(
      of(Action.PUT, 35),
      of(Action.GET, 35),
      of(Action.DELETE, 10),
      of(Action.UPDATE, 10),
      of(Action.CREATE, 10));

  private record Share(Action action, int parts) {}

  /** Never changed: {@code List.of} makes it. */
  @SuppressWarnings("ImmutableEnumChecker") // The checker cannot see that this list is immutable.
  private final List<Share> shares;

  private final int sum;

  Profile(Share... shares) {
    this.shares = List.of(shares);
    var parts = 0;
    for (var share : shares) {
      parts += share.parts;
    }
    sum = parts;
  }

  private static Share of(Action action, int parts) {
    return new Share(action, parts);
  }

  /** One of the actions, as often as the profile wants it. */
  Action draw(SimRandom random) {
    var left = random.below(sum);
    for (var share : shares) {
      left -= share.parts;
      if (left < 0) {
        return share.action;
      }
    }
    throw new AssertionError(this);
  }
}
