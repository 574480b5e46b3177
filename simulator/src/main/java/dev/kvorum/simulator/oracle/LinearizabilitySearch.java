package dev.kvorum.simulator.oracle;

import dev.kvorum.simulator.client.History;
import dev.kvorum.simulator.oracle.KeyHistory.Call;
import dev.kvorum.simulator.world.WrongException;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;

/**
 * Looks for an order that explains a key's history, and knows nothing of logs: the search of Wing
 * and Gong (1993) with the memory of Lowe (2017), key by key. It is slow, may give up, and is here
 * because it is independent of {@link HistoryCheck}: neither may accept what the other refuses.
 *
 * <p>A node of the search is a set of calls that have taken effect, and the state that they left.
 * The next to take effect is any call that began before every remaining one ended. A node that was
 * seen before leads nowhere new. Calls with an unknown outcome never end, and may stay behind.
 */
public final class LinearizabilitySearch {
  /** How a search ended. */
  public enum Answer {
    LINEARIZABLE,
    NOT_LINEARIZABLE,
    /** Too many possibilities. */
    UNDECIDED
  }

  private record Node(BitSet done, Cell cell) {}

  private final List<Call> calls;
  private final int maxNodes;
  private final HashSet<Node> seen = new HashSet<>();
  private final ArrayDeque<Node> open = new ArrayDeque<>();

  private LinearizabilitySearch(List<Call> calls, int maxNodes) {
    this.calls = calls;
    this.maxNodes = maxNodes;
  }

  /**
   * Searches the history of each key; throws {@link WrongException} for one without an explanation.
   *
   * @param maxNodes after how many nodes a key is given up
   * @return how many keys were given up
   */
  public static int check(History history, int maxNodes) {
    var undecided = 0;
    for (var keyHistory : KeyHistory.split(history)) {
      switch (search(keyHistory, maxNodes)) {
        case LINEARIZABLE -> {
          // As it should be.
        }
        case NOT_LINEARIZABLE ->
            throw new WrongException(
                "a key's history has an explanation", describe(history, keyHistory));
        case UNDECIDED -> undecided++;
      }
    }
    return undecided;
  }

  static Answer search(KeyHistory history, int maxNodes) {
    return new LinearizabilitySearch(history.calls(), maxNodes).run();
  }

  private Answer run() {
    visit(new Node(new BitSet(calls.size()), Cell.ABSENT));
    while (!open.isEmpty()) {
      var node = open.removeLast();
      var limit = earliestEnd(node.done);
      if (limit == Integer.MAX_VALUE) {
        return Answer.LINEARIZABLE;
      }
      if (seen.size() > maxNodes) {
        return Answer.UNDECIDED;
      }
      expand(node, limit);
    }
    return Answer.NOT_LINEARIZABLE;
  }

  /** When the first of the calls that have not taken effect ended. */
  private int earliestEnd(BitSet done) {
    var earliest = Integer.MAX_VALUE;
    for (var i = done.nextClearBit(0); i < calls.size(); i = done.nextClearBit(i + 1)) {
      var call = calls.get(i);
      if (call.began() > earliest) {
        break;
      }
      earliest = Math.min(earliest, call.ended());
    }
    return earliest;
  }

  private void expand(Node node, int limit) {
    var candidates = new ArrayDeque<Integer>();
    for (var i = node.done.nextClearBit(0);
        i < calls.size() && calls.get(i).began() < limit;
        i = node.done.nextClearBit(i + 1)) {
      candidates.addLast(i);
    }
    // The one that ended first is tried first, and those that may never have happened last.
    candidates.stream()
        .sorted(Comparator.comparingInt((Integer i) -> calls.get(i).ended()).reversed())
        .forEach(i -> tryNext(node, i));
  }

  private void tryNext(Node node, int index) {
    var call = calls.get(index);
    for (var cell : CellSteps.after(node.cell, call.command(), call.result())) {
      var done = (BitSet) node.done.clone();
      done.set(index);
      visit(new Node(done, cell));
    }
  }

  private void visit(Node node) {
    if (seen.add(node)) {
      open.addLast(node);
    }
  }

  private static String describe(History history, KeyHistory keyHistory) {
    var text = new StringBuilder("key ").append(keyHistory.key());
    for (var call : keyHistory.calls()) {
      text.append("\n  ").append(history.describe(call.operation()));
    }
    return text.toString();
  }
}
