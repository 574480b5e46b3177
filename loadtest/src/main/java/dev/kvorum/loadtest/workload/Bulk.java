package dev.kvorum.loadtest.workload;

import io.vertx.core.Future;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/** Many calls, so many open at a time. */
final class Bulk {
  private static final long PATIENCE_SECONDS = 60;

  private Bulk() {}

  /**
   * Makes the calls with the numbers from 0 on, and waits for all answers.
   *
   * @throws VoidRunException if one of them fails
   */
  static void run(int count, int openAtOnce, IntFunction<Future<?>> call)
      throws VoidRunException, InterruptedException {
    Semaphore open = new Semaphore(openAtOnce);
    Queue<String> failures = new ConcurrentLinkedQueue<>();
    for (int number = 0; number < count && failures.isEmpty(); number++) {
      acquire(open, 1);
      call.apply(number)
          .onComplete(
              outcome -> {
                if (outcome.failed()) {
                  failures.add("a call failed: " + outcome.cause());
                }
                open.release();
              });
    }
    acquire(open, openAtOnce);
    if (!failures.isEmpty()) {
      throw new VoidRunException(failures.element());
    }
  }

  private static void acquire(Semaphore open, int permits)
      throws VoidRunException, InterruptedException {
    if (!open.tryAcquire(permits, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new VoidRunException("no answer for " + PATIENCE_SECONDS + " s");
    }
  }
}
