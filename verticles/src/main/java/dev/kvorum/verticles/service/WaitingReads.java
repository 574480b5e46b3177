package dev.kvorum.verticles.service;

import dev.kvorum.storage.model.Failure;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The reads of one loop that wait for a round: those that the running round will let go, and those
 * that came too late for it. Each has a deadline of its own, counted from when it came, so a read
 * that waits for two rounds has no more time than others. Deadlines only grow.
 */
final class WaitingReads {
  /** Runs when the read may; is given the reason instead when it may not. */
  interface Waiter extends Consumer<@Nullable Failure> {}

  private record Waiting(Waiter waiter, long deadlineNanos) {}

  private ArrayDeque<Waiting> gathering = new ArrayDeque<>();
  private ArrayDeque<Waiting> confirming = new ArrayDeque<>();

  void add(Waiter waiter, long deadlineNanos) {
    gathering.add(new Waiting(waiter, deadlineNanos));
  }

  /** Whether anybody waits for the round after the running one. */
  boolean isGathering() {
    return !gathering.isEmpty();
  }

  /** Whether anybody still waits for the running round. */
  boolean isConfirming() {
    return !confirming.isEmpty();
  }

  boolean isEmpty() {
    return gathering.isEmpty() && confirming.isEmpty();
  }

  /** A round starts: it is everybody's who has come so far. */
  void startRound() {
    confirming.addAll(gathering);
    gathering = new ArrayDeque<>();
  }

  /** Takes those out whose round is confirmed, in the order in which they came. */
  List<Waiter> takeConfirmed() {
    var taken = confirming;
    confirming = new ArrayDeque<>();
    return taken.stream().map(Waiting::waiter).toList();
  }

  /** Takes everybody out, in the order in which they came. */
  List<Waiter> takeAll() {
    startRound();
    return takeConfirmed();
  }

  /** Takes those out whose time is over, in the order in which they came. */
  List<Waiter> takeExpired(long nowNanos) {
    var expired = new ArrayList<Waiter>();
    takeExpired(confirming, nowNanos, expired);
    takeExpired(gathering, nowNanos, expired);
    return expired;
  }

  private static void takeExpired(
      ArrayDeque<Waiting> waiting, long nowNanos, List<Waiter> expired) {
    for (var oldest = waiting.peekFirst();
        oldest != null && oldest.deadlineNanos - nowNanos <= 0;
        oldest = waiting.peekFirst()) {
      expired.add(oldest.waiter);
      waiting.removeFirst();
    }
  }

  /** When the next one's time is over. Only when somebody waits. */
  long nextDeadlineNanos() {
    return (confirming.isEmpty() ? gathering : confirming).getFirst().deadlineNanos;
  }
}
