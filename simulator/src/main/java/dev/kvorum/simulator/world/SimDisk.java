package dev.kvorum.simulator.world;

import dev.kvorum.simulator.engine.Scheduler;
import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.storage.journal.disk.Disk;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.disk.FaultyDisk;
import dev.kvorum.storage.journal.disk.ForwardingDisk;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The disk of one life of a member: it gives the operations of a {@link FaultyDisk} their time, and
 * cuts the power at the moments that are worth most.
 *
 * <p>Submitted work takes as long as a disk would. Blocking calls, which a member makes at boot and
 * for snapshots, happen at once; the power may go out in the middle of one.
 */
final class SimDisk extends ForwardingDisk {
  /** Hears of moments at which a crash is worth more than at others. */
  interface Moments {
    /** An operation was performed; the disk's next one is not begun. */
    void performed(DiskOperation operation);
  }

  private static final int STEP = 0;
  private static final int SYNC_FACTOR = 4;

  private final Arm arm;
  private final FaultyDisk disk;
  private final SimRandom random;
  private final Moments moments;
  private final boolean readsPastCache;
  private long meanNanos;

  /** Lists of operations that are not completed. */
  private int waiting;

  private boolean stepping;
  private long powerLeft = Long.MAX_VALUE;

  SimDisk(Scheduler scheduler, FaultyDisk disk, SimRandom random, long meanNanos, Moments moments) {
    super(disk);
    arm = new Arm(scheduler);
    this.disk = disk;
    this.random = random;
    this.meanNanos = meanNanos;
    this.moments = moments;
    readsPastCache = random.chance(SimRandom.MILLION / 2);
  }

  /** Stands still from now on for so long. */
  void stall(long nanos) {
    arm.stall(nanos);
  }

  /** Nothing that was submitted happens any more, not in the next life of the member either. */
  void kill() {
    arm.kill();
    disk.forgetSubmitted();
  }

  /** How long operations take from now on, on average. */
  void meanNanos(long nanos) {
    meanNanos = nanos;
  }

  /** The power goes out before that many more operations of blocking calls. */
  void cutPowerAfter(long operations) {
    powerLeft = operations;
  }

  @Override
  public void submit(List<DiskOperation> operations, Completion completion) {
    waiting++;
    disk.submit(
        operations,
        result -> {
          waiting--;
          completion.completed(result);
        });
    if (!stepping) {
      stepLater();
    }
  }

  private void stepLater() {
    var next = disk.next();
    var sync = next instanceof DiskOperation.Sync || next instanceof DiskOperation.SyncDirectory;
    var mean = sync ? meanNanos * SYNC_FACTOR : meanNanos;
    stepping = true;
    arm.later(mean / 2 + random.exponential(mean / 2), STEP, 0, null);
  }

  @Override
  public void perform(List<DiskOperation> operations) throws DiskFaultException {
    for (var operation : operations) {
      if (powerLeft <= 0) {
        // And stays out, also for who would clean up.
        throw new PowerCut();
      }
      powerLeft--;
      disk.perform(List.of(operation));
    }
  }

  /** Some file systems know no such reads. */
  @Override
  public @Nullable Disk pastCache(String path) {
    var medium = readsPastCache ? super.pastCache(path) : null;
    if (medium == null) {
      return null;
    }
    return new ForwardingDisk(this) {
      @Override
      public int read(String file, long offset, ByteBuffer target) throws DiskFaultException {
        return medium.read(file, offset, target);
      }
    };
  }

  @Override
  public void close() {
    kill();
  }

  /** What does the work, and may stand still. */
  private final class Arm extends Actor {
    Arm(Scheduler scheduler) {
      super(scheduler);
    }

    @Override
    boolean loses(int kind) {
      return false;
    }

    @Override
    void lost(int kind) {}

    @Override
    void happen(int kind, long argument, @Nullable Object payload) {
      stepping = false;
      var next = disk.next();
      var _ = disk.step();
      if (next != null) {
        moments.performed(next);
      }
      if (!isDead() && !stepping && waiting > 0) {
        stepLater();
      }
    }
  }
}
