package dev.kvorum.server;

import dev.kvorum.server.HeapRule.Look;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives memory back to the system that the heap no longer needs, when {@link HeapRule} says so. */
final class HeapVerticle extends VerticleBase {
  private static final Logger LOGGER = LoggerFactory.getLogger(HeapVerticle.class);
  private static final long PERIOD_MILLIS = 1_000;

  private final HeapRule rule = new HeapRule(look());

  @Override
  public Future<?> start() {
    await();
    return Future.succeededFuture();
  }

  private void await() {
    vertx.setTimer(
        PERIOD_MILLIS,
        _ -> {
          if (rule.observe(look())) {
            vertx
                .executeBlocking(HeapVerticle::collect, false)
                .onComplete(
                    _ -> {
                      rule.collected(look());
                      await();
                    });
          } else {
            await();
          }
        });
  }

  private static Void collect() {
    var before = look();
    System.gc();
    var after = look();
    LOGGER
        .atDebug()
        .addKeyValue("took", Duration.ofNanos(after.nanos() - before.nanos()))
        .addKeyValue("heap-bytes-before", before.heapBytes())
        .addKeyValue("heap-bytes", after.heapBytes())
        .log("gave memory back");
    return null;
  }

  private static Look look() {
    var cpu = ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    return new Look(System.nanoTime(), cpu.toNanos(), Runtime.getRuntime().totalMemory());
  }
}
