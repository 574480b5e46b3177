package dev.kvorum.verticles.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Who comes first on a loop. */
final class NextTurnTest {
  private static final long PATIENCE_SECONDS = 60;

  @Test
  void aTimerThatIsDueComesBeforeTheNextTurn() throws Exception {
    var vertx = Vertx.vertx();
    try {
      var seen = new CompletableFuture<List<String>>();
      var context = vertx.getOrCreateContext();
      context.runOnContext(
          _ -> {
            var order = new ArrayList<String>();
            vertx.setTimer(1, _ -> order.add("timer"));
            // Not before the timer was set, or a thread that stands still in between would be
            // wrong.
            var due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(1);
            // The work of this turn: until the timer has been due for a while.
            while (System.nanoTime() - due < TimeUnit.MILLISECONDS.toNanos(1)) {
              Thread.onSpinWait();
            }
            NextTurn.run(
                context,
                () -> {
                  order.add("next turn");
                  seen.complete(order);
                });
          });
      assertThat(seen.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
          .containsExactly("timer", "next turn");
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get();
    }
  }
}
