package dev.kvorum.simulator.world;

import dev.kvorum.simulator.plan.Fault;
import dev.kvorum.storage.journal.disk.CrashPolicy;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.disk.FaultKind;
import dev.kvorum.storage.journal.disk.FaultPlan;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Disks that fail, are full or slow, or take no notice: what befalls single operations. */
final class DiskFaults {
  private static final int SLOWER = 100;

  private final World world;
  private final LastingFaults lasting;

  DiskFaults(World world, LastingFaults lasting) {
    this.world = world;
    this.lasting = lasting;
  }

  /** All goes well again. */
  static void endAt(SimMember member) {
    member.beHonest();
    member.files().limitSpace(Long.MAX_VALUE);
    member.files().failOn(_ -> false);
    member.files().plan(FaultPlan.NONE);
  }

  /** The next operation that needs space, or changes a name, fails. */
  void failWrite(int member) {
    var files = world.member(member).files();
    files.failOn(
        operation -> {
          var fails =
              operation instanceof DiskOperation.Write
                  || operation instanceof DiskOperation.WriteZeros
                  || operation instanceof DiskOperation.Reserve
                  || operation instanceof DiskOperation.Rename;
          if (fails) {
            files.failOn(_ -> false);
          }
          return fails;
        });
  }

  /** The next sync fails, as on one of the two kinds of file systems. */
  void failSync(int member, long number) {
    once(
        member,
        number % 2 == 0 ? FaultKind.SYNC_ERROR_PAGES_CLEAN : FaultKind.SYNC_ERROR_OLD_CONTENT,
        DiskOperation.Sync.class::isInstance);
  }

  /** The next operation of that sort goes wrong in this way, and no later one. */
  private void once(int member, FaultKind kind, Predicate<DiskOperation> concerns) {
    var files = world.member(member).files();
    files.plan(
        new FaultPlan() {
          @Override
          public @Nullable FaultKind operation(DiskOperation operation) {
            if (!concerns.test(operation)) {
              return null;
            }
            files.plan(FaultPlan.NONE);
            return kind;
          }
        });
  }

  /** The next write to the journal never reaches the medium, and nothing tells. */
  void loseWrite(int member) {
    world.member(member).mayForgetForGood();
    once(
        member,
        FaultKind.LOST_WRITE,
        operation ->
            operation instanceof DiskOperation.Write && JournalSectors.isSegment(operation.path()));
  }

  /** On a file system that copies what it writes, a full disk has no space for the same bytes. */
  private void refuseOverwriting(int member) {
    once(member, FaultKind.NO_SPACE, DiskOperation.Write.class::isInstance);
  }

  /** The disk has space for so many bytes more than it holds. */
  void full(Fault fault, int member) {
    var files = world.member(member).files();
    files.limitSpace(used(member) + fault.number());
    if (fault.number() == 0) {
      refuseOverwriting(member);
    }
    lasting.endsIn(
        fault.durationNanos(), () -> world.member(member).files().limitSpace(Long.MAX_VALUE));
  }

  private long used(int member) {
    var files = world.member(member).files();
    var bytes = 0L;
    for (var path : files.files()) {
      bytes += files.size(path);
    }
    return bytes;
  }

  /** Every operation of this life takes a hundred times as long. */
  void slow(Fault fault, Life life) {
    var disk = life.disk();
    disk.meanNanos(world.plan().diskNanos() * SLOWER);
    lasting.endsIn(fault.durationNanos(), () -> disk.meanNanos(world.plan().diskNanos()));
  }

  /** One of the two copies of the vote is garbage at the next start. */
  void voteGarbage(Fault fault, int member) {
    world.processes().crash(member, CrashPolicy.EVERYTHING, fault.durationNanos());
    var path = Crashes.VOTE_FILES + ((fault.number() & 1) == 0 ? "a" : "b");
    var files = world.member(member).files();
    if (files.exists(path)) {
      files.damage(FaultKind.GARBLED_SECTOR, path, 0);
    }
  }
}
