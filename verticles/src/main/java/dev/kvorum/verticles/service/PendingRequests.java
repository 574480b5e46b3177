package dev.kvorum.verticles.service;

import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Result;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one loop that wait for their result, by a number that only grows.
 *
 * <p>A ring over consecutive numbers: requests come in order and are answered almost in order, so
 * the slots between the oldest and the newest are nearly all in use, and neither asking nor
 * answering makes an object.
 */
final class PendingRequests {
  private static final int SMALLEST = 1024;

  private @Nullable Consumer<Result>[] answers = newSlots(SMALLEST);
  private long[] deadlines = new long[SMALLEST];

  /** Numbers {@code [oldest, next)} may wait; everything below is answered. */
  private long oldest;

  private long next;

  PendingRequests(long first) {
    oldest = first;
    next = first;
  }

  /** The number that the next request gets. */
  long next() {
    return next;
  }

  boolean isEmpty() {
    return oldest == next;
  }

  /** Adds a request; it gets the number {@link #next()}. */
  long add(Consumer<Result> answer, long deadlineNanos) {
    if (next - oldest == answers.length) {
      grow();
    }
    var slot = slot(next);
    InvariantViolation.check(answers[slot] == null, "a slot of the ring is free before its use");
    answers[slot] = answer;
    deadlines[slot] = deadlineNanos;
    return next++;
  }

  /** Takes the request out, or returns null when it is not waiting here any more. */
  @Nullable Consumer<Result> take(long number) {
    if (number < oldest || number >= next) {
      return null;
    }
    var slot = slot(number);
    var answer = answers[slot];
    answers[slot] = null;
    while (oldest < next && answers[slot(oldest)] == null) {
      oldest++;
    }
    return answer;
  }

  /** The number of the oldest waiting request. Only when there is one. */
  long oldest() {
    InvariantViolation.check(oldest < next, "the oldest of none was asked for");
    return oldest;
  }

  /** When the oldest waiting request gives up. Only when there is one. */
  long oldestDeadlineNanos() {
    return deadlines[slot(oldest())];
  }

  private int slot(long number) {
    return (int) (number & (answers.length - 1));
  }

  private void grow() {
    var oldAnswers = answers;
    var oldDeadlines = deadlines;
    answers = newSlots(oldAnswers.length * 2);
    deadlines = new long[answers.length];
    for (var number = oldest; number < next; number++) {
      var from = (int) (number & (oldAnswers.length - 1));
      answers[slot(number)] = oldAnswers[from];
      deadlines[slot(number)] = oldDeadlines[from];
    }
  }

  // The array never leaves this class, so nobody can store another type in it.
  @SuppressWarnings("unchecked")
  private static @Nullable Consumer<Result>[] newSlots(int size) {
    return (@Nullable Consumer<Result>[]) new Consumer<?>[size];
  }
}
