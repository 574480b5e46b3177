package dev.kvorum.simulator.world;

import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.plan.Fault;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.disk.CrashPolicy;
import dev.kvorum.storage.journal.disk.FaultKind;
import dev.kvorum.storage.journal.disk.FaultyDisk;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Journals that rot: sectors of theirs hold something else than what was written. */
final class JournalRot {
  private static final long MILLI = 1_000_000L;
  private static final int SECTOR_BYTES = FaultyDisk.SECTOR_BYTES;
  private static final int LAST_SECTORS = 4;
  private static final long NO_BATCH = -1;
  private static final long MISSING_NANOS = 300 * MILLI;
  private static final long SOON_NANOS = 40 * MILLI;

  private final World world;
  private final SimRandom random;
  private final NetworkFaults network;

  /** The acknowledged entry that no member has any more, or null. */
  private @Nullable EntryId lostEverywhere;

  JournalRot(World world, SimRandom random, NetworkFaults network) {
    this.world = world;
    this.random = random;
    this.network = network;
  }

  /** The acknowledged entry that nobody can bring back, so that nobody may lead; null for none. */
  @Nullable EntryId lostEverywhere() {
    return lostEverywhere;
  }

  /**
   * A member's disk is destroyed in one place: now; or while it is alone, so that its power goes
   * out again before anybody can give back what it lost; or at the worst moment.
   */
  void damage(Fault fault, int member) {
    switch (random.below(3)) {
      case 0 -> damageNow(fault, member, NO_BATCH);
      case 1 -> {
        damageNow(fault, member, NO_BATCH);
        network.isolate(member, fault.durationNanos() + 4 * SOON_NANOS);
        world.repeatIn(
            fault.durationNanos() + SOON_NANOS + random.below(2 * SOON_NANOS),
            () -> world.processes().crash(member, CrashPolicy.EVERYTHING, SOON_NANOS));
      }
      default -> damageAtTheWorst(fault, member);
    }
  }

  /**
   * Somebody else lacks what the member has, who has it too is down, and the damage begins where
   * the other's log ends: all hangs on what the member says it has lost.
   */
  private void damageAtTheWorst(Fault fault, int member) {
    var leads = world.leader();
    var others = (world.plan().members() - 1) / 2;
    for (var i = 0; i < world.memberCount() && others > 0; i++) {
      if (i != member && (leads == null || leads.status().memberId() != world.memberId(i))) {
        network.isolate(i, MISSING_NANOS);
        others--;
      }
    }
    var newest = newestBatch(member);
    world.repeatIn(
        MISSING_NANOS,
        () -> {
          var leader = world.leader();
          if (leader != null && leader.status().memberId() != world.memberId(member)) {
            var itsNumber = (int) (leader.status().memberId() - 1);
            world.processes().crash(itsNumber, CrashPolicy.EVERYTHING, MISSING_NANOS * 4);
          }
          damageNow(fault, member, newest);
        });
  }

  private List<String> journal(int member) {
    return world.member(member).files().files().stream().filter(JournalSectors::isSegment).toList();
  }

  private long newestBatch(int member) {
    var newest = NO_BATCH;
    for (var path : journal(member)) {
      var content = world.member(member).files().content(path);
      newest = Math.max(newest, JournalSectors.newestBatch(content));
    }
    return newest;
  }

  /**
   * @param after the damage hits the first batch behind this one; NO_BATCH for any place
   */
  private void damageNow(Fault fault, int member, long after) {
    world.processes().crash(member, CrashPolicy.EVERYTHING, fault.durationNanos());
    var files = world.member(member).files();
    var journal = journal(member);
    if (journal.isEmpty()) {
      return;
    }
    if (after != NO_BATCH) {
      for (var path : journal) {
        var sector = JournalSectors.firstBehind(files.content(path), after);
        if (sector >= 0) {
          damage(fault, member, path, sector);
          return;
        }
      }
    }
    var atEnd = random.chance(SimRandom.MILLION / 2);
    var place = Math.floorMod(fault.number(), (long) journal.size());
    var path = atEnd ? journal.getLast() : journal.get((int) place);
    var written = written(files, path);
    if (!written.isEmpty()) {
      var any = (int) Math.floorMod(fault.number() >>> 8, (long) written.size());
      var at = atEnd ? Math.max(0, written.size() - 1 - any % LAST_SECTORS) : any;
      damage(fault, member, path, written.get(at));
    }
  }

  private void damage(Fault fault, int member, String path, int sector) {
    var files = world.member(member).files();
    var damage = world.member(member).damage();
    damage.hits(
        files, path, sector, fault.kind() == dev.kvorum.simulator.plan.FaultKind.DISK_ZERO_SECTOR);
    switch (fault.kind()) {
      case DISK_MISPLACED_SECTOR -> {
        var written = written(files, path);
        var other = written.get((int) Math.floorMod(fault.number() >>> 24, (long) written.size()));
        damage.hits(files, path, other, false);
        files.exchange(path, sector, path, other);
      }
      case DISK_BIT_FLIP -> files.damage(FaultKind.FLIPPED_BIT, path, sector);
      case DISK_ZERO_SECTOR -> files.damage(FaultKind.ZEROED_SECTOR, path, sector);
      default -> files.damage(FaultKind.GARBLED_SECTOR, path, sector);
    }
  }

  /**
   * The last entry that is committed, for all that members know, turns to garbage wherever it is,
   * and with it the states that hold it. A whole snapshot file may still have it; then it is not
   * lost.
   */
  void rotEverywhere(Fault fault) {
    var committed = EntryId.ORIGIN;
    for (var member : world.members()) {
      var life = member.life();
      var known =
          life == null ? 0 : Math.min(life.core().commitIndex(), life.raft().durable().index());
      if (life != null
          && known > committed.index()
          && known > life.raft().journal().base().index()) {
        committed = new EntryId(life.raft().journal().termAt(known), known);
      }
    }
    var lost = committed;
    if (lost.index() == 0 || world.members().stream().anyMatch(member -> member.keeps(lost))) {
      return;
    }
    for (var i = 0; i < world.memberCount(); i++) {
      world.processes().crash(i, CrashPolicy.NOTHING, fault.durationNanos());
      world.member(i).lose(lost);
    }
    lostEverywhere = lost;
    world.coverage().hit("an acknowledged entry lost on every disk");
  }

  /** Sectors with anything in them, ascending: damage to the others is no loss. */
  private static List<Integer> written(FaultyDisk files, String path) {
    var content = files.content(path);
    var found = new ArrayList<Integer>();
    for (var sector = 0; sector < content.length / SECTOR_BYTES; sector++) {
      for (var i = 0; i < SECTOR_BYTES; i++) {
        if (content[sector * SECTOR_BYTES + i] != 0) {
          found.add(sector);
          break;
        }
      }
    }
    return found;
  }
}
