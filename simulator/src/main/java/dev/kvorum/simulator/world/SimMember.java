package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.storage.backend.memory.MemoryBackend;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.Journal;
import dev.kvorum.storage.journal.disk.CrashPolicy;
import dev.kvorum.storage.journal.disk.DiskFaultException;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.disk.FaultKind;
import dev.kvorum.storage.journal.disk.FaultyDisk;
import dev.kvorum.storage.journal.snapshot.SnapshotDamagedException;
import dev.kvorum.storage.journal.snapshot.Snapshots;
import dev.kvorum.storage.journal.vote.Claim;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A member through all its lives: what outlasts a crash is here. */
final class SimMember {
  private static final int SECTOR_BYTES = FaultyDisk.SECTOR_BYTES;

  private final World world;
  private final int index;
  private final long id;
  private final Membership founders;
  private final boolean victim;
  private final SimRandom random;
  private FaultyDisk files;
  private MemoryBackend backend = new MemoryBackend();

  /** Counts the starts, as the identity file does. */
  private long incarnation;

  /** Whether there is an identity: the first start came to its end. */
  private boolean founded;

  private @Nullable Life life;

  /** Of the present life or the last one. */
  private @Nullable Journal journal;

  private boolean lies;

  /** Whether the disk ever lied: then nothing is known of what it holds. */
  private boolean hasLied;

  private final SectorDamage damage = new SectorDamage();

  private final BatchEnds batches = new BatchEnds();

  /**
   * The first batch of its journal whose loss looks like that of a write cut short. If it was what
   * this member acknowledged, the member ends.
   */
  private long firstTorn = Long.MAX_VALUE;

  private boolean stateGoes;
  private boolean hasEverDiverged;

  /** Whether a write vanished, which may show at any later power cut. */
  private boolean lostWrites;

  /** The mark that a process leaves when its disk fails: what was synced by then. */
  private OptionalLong failedAfterBatch = OptionalLong.empty();

  /** Why it never starts again, or null. */
  private @Nullable String ended;

  SimMember(World world, int index, long id, Membership founders) {
    this.world = world;
    this.index = index;
    this.id = id;
    this.founders = founders;
    victim = world.plan().isVictim(index);
    random = world.random(0x6d656d626572L + id);
    files = new FaultyDisk(random.next());
  }

  long id() {
    return id;
  }

  @Nullable Life life() {
    return life;
  }

  @Nullable Journal journal() {
    return journal;
  }

  FaultyDisk files() {
    return files;
  }

  boolean hasLied() {
    return hasLied;
  }

  boolean hasEnded() {
    return ended != null;
  }

  @Nullable String endedBecause() {
    return ended;
  }

  /** The member is needed no more, or must never start again. */
  void endForGood(String reason) {
    stopLife();
    ended = reason;
  }

  void replaceState(MemoryBackend other) {
    backend = other;
  }

  void loseState() {
    backend = new MemoryBackend();
  }

  /**
   * Starts, if it is down and may.
   *
   * @param cutPowerAfter how many operations of the start happen before the power goes out again
   */
  void start(long cutPowerAfter, SimDisk.Moments moments) {
    if (life != null || ended != null) {
      return;
    }
    var disk =
        new SimDisk(world.scheduler(), files, random.fork(incarnation), world.diskNanos(), moments);
    disk.cutPowerAfter(cutPowerAfter);
    firstTorn = Math.min(firstTorn, damage.firstTorn(files));
    try {
      var boot = new Boot(disk, world.plan().tuning(), id, founders);
      incarnation++;
      var opened = founded ? boot.reopen(incarnation, backend, failedAfterBatch) : boot.found();
      var before = journal;
      var mayForget = lostWrites || isTornBehind(opened.journal().last());
      if (mayForget
          && before != null
          && opened.boot().claim() instanceof Claim.Sound
          && opened.journal().last().compareTo(before.lastDurable()) < 0) {
        disk.kill();
        world.coverage().hit("a loss that nothing tells of");
        ended = "a zeroed end of its journal looks like a torn one";
        world.processes().refused(index, ended);
        return;
      }
      findAgain(before, opened, mayForget);
      firstTorn = Long.MAX_VALUE;
      batches.durable(opened.journal().durableBatch(), opened.journal().last());
      damage.started(files);
      founded = true;
      failedAfterBatch = OptionalLong.empty();
      disk.cutPowerAfter(Long.MAX_VALUE);
      backend = opened.backend();
      var born = new Life(world, index, id, disk, opened);
      life = born;
      journal = opened.journal();
      world.processes().started(index);
      born.start();
    } catch (PowerCut _) {
      disk.kill();
      world.coverage().hit("power cut while starting");
      cut(Crashes.policy(random.next() >>> 1));
      if (!founded) {
        // Without an identity nothing that is there counts: the next start founds anew.
        backend = new MemoryBackend();
        files = new FaultyDisk(random.next());
      }
      world.processes().stopped(index, "the power was cut while it started");
      world.processes().restartLater(index);
    } catch (RefusedException refused) {
      disk.kill();
      var message = String.valueOf(refused.getMessage());
      ended = message;
      world.processes().refused(index, message);
    } catch (DiskFaultException | SnapshotDamagedException fault) {
      disk.kill();
      world.processes().stopped(index, "cannot start: " + fault.getMessage());
      world.processes().restartLater(index);
    }
  }

  /** Whether all that is missing behind the entry looks like writes that were cut short. */
  private boolean isTornBehind(EntryId last) {
    return firstTorn != Long.MAX_VALUE && batches.firstBehind(last) >= firstTorn;
  }

  /**
   * What was durable is there after a restart, or the member knows that it is not.
   *
   * @param before the journal of the life before
   */
  private void findAgain(@Nullable Journal before, Boot.Opened opened, boolean forgot) {
    if (before == null || hasLied) {
      return;
    }
    var last = opened.journal().last();
    if (!forgot
        && opened.boot().claim() instanceof Claim.Sound
        && last.compareTo(before.lastDurable()) < 0) {
      throw new WrongException(
          "what was durable is there after a restart",
          "member %d had %s and finds %s".formatted(index, before.lastDurable(), last));
    }
    var vote = before.vote();
    var found = opened.journal().vote();
    var changed = vote.votedFor() != 0 && found.votedFor() != vote.votedFor();
    if (found.term() < vote.term() || (found.term() == vote.term() && changed)) {
      throw new WrongException(
          "a vote is there after a restart",
          "member %d had %s and finds %s".formatted(index, vote, found));
    }
  }

  /**
   * Whether the entry is on the medium, under its name, whatever the member believes.
   *
   * @param entryIndex durable as far as the journal of the present life, or the last one, knows
   */
  boolean isOnMedium(long entryIndex) {
    var itsJournal = InvariantViolation.present(journal, "who has entries has a journal");
    for (var place : itsJournal.range(entryIndex, entryIndex + 1).places()) {
      var to = place.offset() + place.bytes();
      if (!files.survivesPowerCut(place.path(), place.offset(), to)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether a start after a power cut now, in which nothing survives that no sync has made durable,
   * finds the entry or a state that has it. The member itself goes on as if nothing was.
   */
  boolean wouldFind(EntryId entry) {
    var found = files.crash(CrashPolicy.NOTHING.survival(0, 0));
    // A full disk may refuse a start; what is asked is what the medium holds (seed 3727).
    found.limitSpace(Long.MAX_VALUE);
    try {
      var opened =
          new Boot(found, world.plan().tuning(), id, founders)
              .reopen(incarnation + 1, backend.afterPowerLoss(), failedAfterBatch);
      return opened.journal().holds(entry);
    } catch (RefusedException | DiskFaultException | SnapshotDamagedException _) {
      return false;
    }
  }

  /** The disk's syncs make nothing durable from now on. */
  void lie() {
    lies = true;
    hasLied = true;
    files.lie(true);
  }

  /** A batch of its journal has become durable, and its log ends here now. */
  void durable(long batch, EntryId last) {
    if (victim) {
      batches.durable(batch, last);
    }
  }

  /** The state machine of its present life went another way than the others. */
  void diverges() {
    hasEverDiverged = true;
  }

  /** Whether that ever happened to it. */
  boolean hasEverDiverged() {
    return hasEverDiverged;
  }

  /** What was done to the sectors of its journal. */
  SectorDamage damage() {
    return damage;
  }

  /** A write never reached the medium: it is missed at the next power cut, and nothing tells. */
  void mayForgetForGood() {
    lostWrites = true;
  }

  /**
   * Whether something other than the journal and the state store keeps what the entry did, or
   * nothing but the state store keeps the entries before it: then their loss is no rotten tail.
   */
  boolean keeps(EntryId entry) {
    if (journal == null) {
      return false;
    }
    var standsOnState = journal.base().index() > 0 && !hasSnapshot(journal.base());
    return standsOnState || (journal.holds(entry) && hasSnapshot(entry));
  }

  /**
   * The member is down; its state store is gone, and where it had the entry there is garbage. What
   * no sync has made durable is gone, too: the entry might be there, where nobody looks for it.
   */
  void lose(EntryId entry) {
    loseState();
    files = files.crash(CrashPolicy.NOTHING.survival(0, 0));
    if (journal == null || !journal.holds(entry) || entry.index() <= journal.base().index()) {
      return;
    }
    for (var place : journal.range(entry.index(), journal.lastDurable().index() + 1).places()) {
      for (var at = place.offset(); at < place.offset() + place.bytes(); at += SECTOR_BYTES) {
        files.damage(FaultKind.GARBLED_SECTOR, place.path(), (int) (at / SECTOR_BYTES));
      }
    }
  }

  private boolean hasSnapshot(EntryId entry) {
    try {
      for (var position : new Snapshots(files).positions()) {
        if (position.index() >= entry.index()) {
          return true;
        }
      }
      return false;
    } catch (DiskFaultException fault) {
      throw new IllegalStateException("listing a directory in memory does not fail", fault);
    }
  }

  /** The next time that the power goes out, the state store is lost as well. */
  void stateGoesWithPower() {
    stateGoes = true;
  }

  /** What the disk has lied about it writes down at last. */
  void beHonest() {
    lies = false;
    files.lie(false);
  }

  /**
   * The power is cut. A disk that lied about everything may now hold what it held long ago, whole
   * and consistent: nothing on it tells that it has forgotten votes and entries, and no log that
   * counts majorities survives that. What can be told is tested with single sectors; this member
   * needs an operator.
   */
  void crash(CrashPolicy policy) {
    if (life != null) {
      stopLife();
      cut(policy);
      if (lies) {
        beHonest();
        world.coverage().hit("a lying disk lost its power");
        ended = "its disk lied and lost its power";
      }
    }
  }

  private void cut(CrashPolicy policy) {
    var sectors = files.unsyncedSectors();
    var variant = random.below(policy.variants(sectors));
    files = files.crash(policy.survival(variant, random.next()));
    backend =
        random.chance(SimRandom.MILLION / 2) ? backend.afterPowerLoss() : backend.afterCrash();
    if (stateGoes) {
      stateGoes = false;
      backend = new MemoryBackend();
    }
  }

  /** The process ends; what it wrote stays as the operating system has it. */
  void kill() {
    if (life != null) {
      stopLife();
      backend = backend.afterCrash();
    }
  }

  /** The disk failed under the process, which leaves word of it, if it can, and ends. */
  void kill(boolean leavesMark) {
    var synced = journal == null ? 0 : journal.durableBatch();
    kill();
    failedAfterBatch = leavesMark ? OptionalLong.of(synced) : OptionalLong.of(0);
  }

  private void stopLife() {
    var ending = life;
    if (ending != null) {
      ending.end();
      life = null;
      world.lines().ended(ending);
    }
  }

  /** Whether the operation is a sync. */
  static boolean isSync(DiskOperation operation) {
    return operation instanceof DiskOperation.Sync
        || operation instanceof DiskOperation.SyncDirectory;
  }
}
