package dev.kvorum.verticles.service;

import io.vertx.core.Context;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Passes on whichever comes first: the answer to a call, or the word that the client has stopped
 * waiting for it (contract S21.5). What comes second is dropped. Used on one loop.
 */
final class DeadlineAnswer<T extends @Nullable Object> implements Consumer<T> {
  private static final long NO_TIMER = -1;

  private final Context context;
  private final Consumer<T> answer;
  private final T expired;
  private boolean done;
  private long timer = NO_TIMER;

  private DeadlineAnswer(Context context, Consumer<T> answer, T expired) {
    this.context = context;
    this.answer = answer;
    this.expired = expired;
  }

  /**
   * Makes a call whose client waits until its deadline at the longest.
   *
   * @param expired what the client is told when its time is over; nothing is called when it is over
   *     already
   * @param work gets who takes the answer
   */
  static <T extends @Nullable Object> void within(
      Context context,
      CallContext call,
      T expired,
      Consumer<T> answer,
      Consumer<Consumer<T>> work) {
    if (call.deadlineNanos() == CallContext.NO_DEADLINE) {
      work.accept(answer);
      return;
    }
    if (call.deadlineNanos() - System.nanoTime() <= 0) {
      answer.accept(expired);
      return;
    }
    var either = new DeadlineAnswer<>(context, answer, expired);
    work.accept(either);
    either.waitUntil(call.deadlineNanos());
  }

  /** Most calls are answered before this, and need no timer. */
  private void waitUntil(long deadlineNanos) {
    if (done) {
      return;
    }
    var wait = deadlineNanos - System.nanoTime();
    var millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(wait) + 1);
    timer = context.owner().setTimer(millis, _ -> accept(expired));
  }

  @Override
  public void accept(T given) {
    if (done) {
      return;
    }
    done = true;
    if (timer != NO_TIMER) {
      context.owner().cancelTimer(timer);
    }
    answer.accept(given);
  }
}
