package dev.kvorum.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PlacementTest {
  @Test
  void smallMachinesHaveOneLoopForEverything() {
    assertThat(Placement.of(1)).isEqualTo(new Placement(1, 1));
    assertThat(Placement.of(2)).isEqualTo(new Placement(1, 1));
  }

  @Test
  void largerMachinesHaveALoopForEachCoreVerticleAndAFrontEndForEachCore() {
    var placement = Placement.of(8);

    assertThat(placement.frontEnds()).isEqualTo(8);
    assertThat(placement.loops() - placement.frontEnds())
        .isGreaterThanOrEqualTo(Placement.CORE_VERTICLES);
  }

  @Test
  void oneLoopRunsAllVerticlesOnOneThread() throws Exception {
    assertThat(threadsOf(1, 4)).hasSize(4).containsOnly(threadsOf(1, 1).getFirst());
  }

  /** Placement relies on this: the n-th instance gets the n-th loop of the pool. */
  @Test
  void loopsAreDealtOutInTurn() throws Exception {
    var threads = threadsOf(3, 6);

    assertThat(threads.subList(0, 3)).doesNotHaveDuplicates();
    assertThat(threads.subList(3, 6)).isEqualTo(threads.subList(0, 3));
  }

  private static List<String> threadsOf(int loops, int verticles) throws Exception {
    var vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(loops));
    try {
      var threads = new ArrayList<String>();
      for (var i = 0; i < verticles; i++) {
        var thread = new CompletableFuture<String>();
        vertx
            .deployVerticle(new ThreadTeller(thread))
            .toCompletionStage()
            .toCompletableFuture()
            .get(60, TimeUnit.SECONDS);
        threads.add(thread.get(60, TimeUnit.SECONDS));
      }
      return threads;
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }
  }

  private static final class ThreadTeller extends VerticleBase {
    private final CompletableFuture<String> thread;

    ThreadTeller(CompletableFuture<String> thread) {
      this.thread = thread;
    }

    @Override
    public Future<?> start() {
      thread.complete(Thread.currentThread().getName());
      return Future.succeededFuture();
    }
  }
}
