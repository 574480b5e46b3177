package dev.kvorum.verticles.store;

import dev.kvorum.storage.journal.DiskSpace;
import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.verticles.stage.SpaceAlarm;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches how full a file system is and raises the member's space alarm before it is full (P15). It
 * asks on a worker, because a file system that hangs must not hang a loop.
 */
public final class SpaceVerticle extends VerticleBase {
  private static final Logger LOGGER = LoggerFactory.getLogger(SpaceVerticle.class);

  /** At 500 MB/s, which few disks take for long, a shortage of 1 GiB is seen before it is one. */
  private static final long PERIOD_MILLIS = 2_000;

  private final Disk disk;
  private final Runnable raiseNoSpace;
  private final SpaceAlarm alarm = new SpaceAlarm();

  /** Whether the last look failed; the second failure in a row is not logged again. */
  private boolean blind;

  /**
   * @param raiseNoSpace proposes this member's alarm; called on this loop
   */
  public SpaceVerticle(Disk disk, Runnable raiseNoSpace) {
    this.disk = disk;
    this.raiseNoSpace = raiseNoSpace;
  }

  @Override
  public Future<?> start() {
    look();
    return Future.succeededFuture();
  }

  private void look() {
    vertx
        .<DiskSpace>executeBlocking(() -> DiskSpace.of(disk), false)
        .onComplete(
            seen -> {
              if (seen.succeeded()) {
                blind = false;
                observe(seen.result());
              } else {
                missed(seen.cause());
              }
              vertx.setTimer(PERIOD_MILLIS, _ -> look());
            });
  }

  private void observe(DiskSpace space) {
    if (alarm.observe(space)) {
      LOGGER
          .atWarn()
          .addKeyValue("path", disk)
          .addKeyValue("free-bytes", space.freeBytes())
          .addKeyValue("kept-free-bytes", space.keptFreeBytes())
          .addKeyValue("total-bytes", space.totalBytes())
          .log("the disk is nearly full; raising the alarm NOSPACE");
      raiseNoSpace.run();
    }
  }

  private void missed(Throwable fault) {
    if (!blind) {
      blind = true;
      var why = fault instanceof DiskFaultException known ? known.fault().message() : fault;
      LOGGER.atWarn().addKeyValue("error", why).log("cannot see how full the disk is");
    }
  }
}
