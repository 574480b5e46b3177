package dev.kvorum.simulator.world;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.core.MembershipChange;
import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.plan.Fault;
import dev.kvorum.simulator.plan.FaultKind;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.disk.CrashPolicy;
import dev.kvorum.storage.journal.disk.DiskOperation;
import dev.kvorum.storage.journal.disk.FaultPlan;
import dev.kvorum.storage.journal.disk.FaultyDisk;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Makes the plan's faults happen, and takes them back when the chaos is over. */
final class Storm {
  private static final long MILLI = 1_000_000L;
  private static final long LONG_FLAP_NANOS = 1_000 * MILLI;
  private static final int MANY_FLAPS = 12;
  private static final int FEW_FLAPS = 4;
  private static final int SECTOR_BYTES = 512;
  private static final int LAST_SECTORS = 4;
  private static final long NO_BATCH = -1;
  private static final long MISSING_NANOS = 300 * MILLI;
  private static final String VOTE_FILES = "vote.";
  private static final String JOURNAL = "journal/";
  private static final long SNAPSHOT_OPERATIONS = 12;
  private static final long SOON_NANOS = 40 * MILLI;
  private static final int START_CUT_RATE = 50_000;
  private static final int START_OPERATIONS = 40;

  /** A crash that waits for its moment. */
  private record Waiting(boolean afterSync, boolean voting, CrashPolicy policy, long downNanos) {
    boolean isNow(DiskOperation operation) {
      return SimMember.isSync(operation) == afterSync
          && (!voting || operation.path().startsWith(VOTE_FILES));
    }
  }

  private final World world;
  private final SimRandom random;

  /** By member; looked up only. */
  private final Map<Integer, Waiting> waiting = new HashMap<>();

  private final List<Runnable> takeBack = new ArrayList<>();

  /** The acknowledged entry that no member has any more, or null. */
  private @Nullable EntryId lostEverywhere;

  Storm(World world, SimRandom random) {
    this.world = world;
    this.random = random;
  }

  /** How many disk operations a start gets before the power goes out. */
  long powerForStart() {
    return !world.isHealing() && random.chance(START_CUT_RATE)
        ? random.below(START_OPERATIONS)
        : Long.MAX_VALUE;
  }

  /** A disk has performed something: perhaps that is the moment for a crash. */
  void performed(int member, DiskOperation operation) {
    var crash = waiting.get(member);
    if (crash != null && crash.isNow(operation)) {
      waiting.remove(member);
      world.coverage().hit(crash.afterSync ? "crash after sync" : "crash before sync");
      world.crash(member, crash.policy, crash.downNanos);
    }
  }

  void repeat(Runnable what) {
    what.run();
  }

  /** The acknowledged entry that nobody can bring back, so that nobody may lead; null for none. */
  @Nullable EntryId lostEverywhere() {
    return lostEverywhere;
  }

  /** Whether whoever is left must be able to go on. */
  boolean mustRecover() {
    var lost = 0;
    for (var member : world.members()) {
      lost += member.hasEnded() && world.founders().isVoter(member.id()) ? 1 : 0;
    }
    return lostEverywhere == null && lost * 2 < world.founders().voters().size();
  }

  /** The chaos is over: everything that can be well is well, and everybody starts who may. */
  void end() {
    waiting.clear();
    takeBack.forEach(Runnable::run);
    takeBack.clear();
    if (!world.plan().isLastingHarm() && random.chance(SimRandom.MILLION / 2)) {
      leaveQuorum();
    }
    for (var i = 0; i < world.members().size(); i++) {
      var member = world.member(i);
      member.beHonest();
      member.files().limitSpace(Long.MAX_VALUE);
      member.files().failOn(_ -> false);
      member.files().plan(FaultPlan.NONE);
      world.startMember(i);
    }
  }

  /** As many members as a cluster can do without never come back. */
  private void leaveQuorum() {
    var count = world.memberCount();
    var first = random.below(count);
    for (var i = 0; i < (count - 1) / 2; i++) {
      world.member((first + i) % count).endForGood("a quorum must do without it");
      world.coverage().hit("recovered with a quorum only");
    }
  }

  private int target(Fault fault) {
    if (fault.member() != Fault.LEADER) {
      return fault.member() % world.memberCount();
    }
    var leads = world.leader();
    return leads == null
        ? random.below(world.memberCount())
        : (int) (leads.status().memberId() - 1);
  }

  void begin(Fault fault) {
    var member = target(fault);
    var life = world.member(member).life();
    world.coverage().hit("fault " + fault.kind());
    if (world.trace().isTold()) {
      world.trace().tell("fault", fault + " at member " + world.memberId(member));
    }
    switch (fault.kind()) {
      case CRASH -> world.crash(member, policy(fault), fault.durationNanos());
      case CRASH_BEFORE_SYNC ->
          waiting.put(member, new Waiting(false, false, policy(fault), fault.durationNanos()));
      case CRASH_AFTER_SYNC ->
          waiting.put(member, new Waiting(true, false, policy(fault), fault.durationNanos()));
      case CRASH_VOTING ->
          waiting.put(
              member,
              new Waiting((fault.number() & 1) != 0, true, policy(fault), fault.durationNanos()));
      case CRASH_ALL -> {
        for (var i = 0; i < world.memberCount(); i++) {
          world.crash(i, policy(fault), fault.durationNanos() + i * MILLI);
        }
      }
      case PAUSE_MEMBER -> {
        if (life != null) {
          life.stall(fault.durationNanos());
          life.disk().stall(fault.durationNanos());
          life.stateDisk().stall(fault.durationNanos());
        }
      }
      case PAUSE_LOGIC -> {
        if (life != null) {
          life.stall(fault.durationNanos());
        }
      }
      case PAUSE_JOURNAL -> {
        if (life != null) {
          life.disk().stall(fault.durationNanos());
        }
      }
      case PAUSE_STATE -> {
        if (life != null) {
          life.stateDisk().stall(fault.durationNanos());
        }
      }
      case PARTITION_SPLIT,
          PARTITION_ISOLATE,
          PARTITION_DEAF,
          PARTITION_MUTE,
          PARTITION_BRIDGE,
          PARTITION_RING,
          PARTITION_CONSTRAINED,
          BLACKHOLE ->
          partition(fault, member);
      case PARTITION_LEADER_FLAPPING ->
          flap(fault, fault.durationNanos() < LONG_FLAP_NANOS ? MANY_FLAPS : FEW_FLAPS);
      case PARTITION_CLIENTS -> {
        for (var i = 0; i < world.memberCount(); i++) {
          cutClients(i, i != member, fault);
        }
      }
      case PARTITION_PEERS_ONLY -> {
        for (var i = 0; i < world.memberCount(); i++) {
          cutClients(i, true, fault);
        }
      }
      case SWIZZLE_CLOG -> swizzle(fault);
      case SLOW_LINK -> {
        for (var i = 0; i < world.memberCount(); i++) {
          var other = i;
          world.network().slow(member, other, (int) fault.number());
          undo(fault, () -> world.network().slow(member, other, 0));
        }
      }
      case RECONNECT_STORM -> reconnect(member, 5);
      case CLOCK_DRIFT -> {
        if (life != null) {
          life.tickNanos(world.plan().tuning().tickNanos() * 1_000 / fault.number());
        }
      }
      case CLOCK_JUMP -> {
        if (life != null) {
          life.loseTicks(fault.number());
        }
      }
      case DISK_WRITE_ERROR -> failWrite(member);
      case DISK_SYNC_ERROR -> failSync(member, fault.number());
      case DISK_FULL -> {
        var files = world.member(member).files();
        files.limitSpace(used(member) + fault.number());
        if (fault.number() == 0) {
          refuseOverwriting(member);
        }
        undo(fault, () -> world.member(member).files().limitSpace(Long.MAX_VALUE));
      }
      case DISK_SLOW -> {
        if (life != null) {
          var disk = life.disk();
          disk.meanNanos(world.plan().diskNanos() * 100);
          undo(fault, () -> disk.meanNanos(world.plan().diskNanos()));
        }
      }
      case DISK_LIES -> world.member(member).lie();
      case DISK_SHORN_WRITE ->
          waiting.put(member, new Waiting(false, false, CrashPolicy.SHORN, fault.durationNanos()));
      case DISK_VOTE_GARBAGE -> {
        world.crash(member, CrashPolicy.EVERYTHING, fault.durationNanos());
        var path = VOTE_FILES + ((fault.number() & 1) == 0 ? "a" : "b");
        if (world.member(member).files().exists(path)) {
          world
              .member(member)
              .files()
              .damage(dev.kvorum.storage.journal.disk.FaultKind.GARBLED_SECTOR, path, 0);
        }
      }
      case DISK_ROT_EVERYWHERE -> rotEverywhere(fault);
      case DISK_LOST_WRITE -> loseWrite(member);
      case DISK_READ_ERROR -> {
        if (life != null) {
          life.failNextRead();
        }
      }
      case STATE_DIVERGES -> {
        if (life != null) {
          world.member(member).diverges();
          life.diverge();
        }
      }
      case DISK_BIT_FLIP, DISK_GARBAGE_SECTOR, DISK_ZERO_SECTOR, DISK_MISPLACED_SECTOR ->
          damage(fault, member);
      case KILL -> kill(fault, member);
      case CRASH_WRITING_SNAPSHOT -> {
        if (life != null) {
          if ((fault.number() & 1) != 0) {
            world.member(member).stateGoesWithPower();
          }
          life.disk().cutPowerAfter(Math.floorMod(fault.number() >>> 1, SNAPSHOT_OPERATIONS));
          life.snapshotNow();
        }
      }
      case ANNOUNCE -> announce(member, fault);
      case STATE_LOST -> {
        world.crash(member, policy(fault), fault.durationNanos());
        world.member(member).loseState();
      }
      case REFORMAT -> reformat(member);
      case TRANSFER_LEADERSHIP -> {
        var leads = world.leader();
        if (leads != null) {
          leads.transferLeadership(world.memberId(member));
        }
      }
      case ADD_LEARNER -> {
        var added = world.addMember(Membership.NOBODY);
        world.startMember(added);
        change(MembershipChange.Kind.ADD_LEARNER, world.memberId(added));
      }
      case PROMOTE -> {
        var leads = world.leader();
        if (leads != null && !leads.core().membership().learners().isEmpty()) {
          change(MembershipChange.Kind.ADD_VOTER, leads.core().membership().learners().getFirst());
        }
      }
      case REMOVE_MEMBER -> {
        var leads = world.leader();
        if (leads != null && leads.core().membership().voters().size() > 2) {
          change(MembershipChange.Kind.REMOVE, world.memberId(member));
        }
      }
      case REPLACE_VOTER -> replaceVoter(member, fault);
      case COMPACT -> compact(member);
      case SNAPSHOT -> {
        if (life != null) {
          life.snapshotNow();
        }
      }
    }
  }

  /**
   * Any policy but a shorn sector. Half a sector cannot be told from rot, so a member that finds
   * one is damaged to an unknown extent; only the victims of the fault atlas may meet that.
   */
  static CrashPolicy policy(long number) {
    var policies = CrashPolicy.values();
    var picked = policies[(int) Math.floorMod(number, (long) policies.length)];
    return picked == CrashPolicy.SHORN ? CrashPolicy.PREFIX : picked;
  }

  private static CrashPolicy policy(Fault fault) {
    return policy(fault.number());
  }

  private void undo(Fault fault, Runnable what) {
    takeBack.add(what);
    world.repeatIn(fault.durationNanos(), what);
  }

  private void cutClients(int member, boolean cut, Fault fault) {
    world.cutClients(member, cut);
    undo(fault, () -> world.cutClients(member, false));
  }

  // The network.

  private void partition(Fault fault, int member) {
    var count = world.memberCount();
    for (var from = 0; from < count; from++) {
      for (var to = 0; to < count; to++) {
        if (from != to && isCut(fault, member, from, to, count)) {
          var first = from;
          var second = to;
          world.network().set(first, second, Network.LinkState.CUT);
          undo(fault, () -> world.network().set(first, second, Network.LinkState.OPEN));
          if (fault.kind() != FaultKind.BLACKHOLE) {
            world.network().reconnect(first, second);
          }
        }
      }
    }
  }

  private boolean isCut(Fault fault, int member, int from, int to, int count) {
    var half = fault.number();
    var differ = (half >>> from & 1) != (half >>> to & 1);
    return switch (fault.kind()) {
      case PARTITION_SPLIT -> differ;
      case PARTITION_ISOLATE -> from == member || to == member;
      case PARTITION_DEAF, BLACKHOLE -> to == member;
      case PARTITION_MUTE -> from == member;
      case PARTITION_BRIDGE -> differ && from != member && to != member;
      case PARTITION_RING ->
          Math.floorMod(from - to, count) != 1 && Math.floorMod(to - from, count) != 1;
      case PARTITION_CONSTRAINED -> from != member && to != member;
      default -> false;
    };
  }

  private void flap(Fault fault, int times) {
    var leads = world.leader();
    if (leads != null) {
      var member = (int) (leads.status().memberId() - 1);
      partition(
          new Fault(
              FaultKind.PARTITION_ISOLATE,
              fault.atNanos(),
              fault.durationNanos() / 2,
              member,
              fault.number()),
          member);
    }
    if (times > 1) {
      world.repeatIn(fault.durationNanos(), () -> flap(fault, times - 1));
    }
  }

  private void swizzle(Fault fault) {
    var count = world.memberCount();
    for (var i = 0; i < count * count; i++) {
      var from = i / count;
      var to = i % count;
      if (from != to && random.chance(SimRandom.MILLION / 2)) {
        world.repeatIn(
            random.below(fault.durationNanos() + 1),
            () -> world.network().set(from, to, Network.LinkState.CLOGGED));
        Runnable open = () -> world.network().set(from, to, Network.LinkState.OPEN);
        takeBack.add(open);
        world.repeatIn(fault.durationNanos() + random.below(fault.durationNanos() + 1), open);
      }
    }
  }

  private void reconnect(int member, int times) {
    for (var i = 0; i < world.memberCount(); i++) {
      if (i != member) {
        world.network().reconnect(member, i);
        world.network().reconnect(i, member);
      }
    }
    if (times > 1) {
      world.repeatIn(20 * MILLI, () -> reconnect(member, times - 1));
    }
  }

  // Disks.

  private void failWrite(int member) {
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
  private void failSync(int member, long number) {
    once(
        member,
        number % 2 == 0
            ? dev.kvorum.storage.journal.disk.FaultKind.SYNC_ERROR_PAGES_CLEAN
            : dev.kvorum.storage.journal.disk.FaultKind.SYNC_ERROR_OLD_CONTENT,
        DiskOperation.Sync.class::isInstance);
  }

  /** The next operation of that sort goes wrong in this way, and no later one. */
  private void once(
      int member,
      dev.kvorum.storage.journal.disk.FaultKind kind,
      Predicate<DiskOperation> concerns) {
    var files = world.member(member).files();
    files.plan(
        new FaultPlan() {
          @Override
          public dev.kvorum.storage.journal.disk.@Nullable FaultKind operation(
              DiskOperation operation) {
            if (!concerns.test(operation)) {
              return null;
            }
            files.plan(FaultPlan.NONE);
            return kind;
          }
        });
  }

  private void loseWrite(int member) {
    world.member(member).mayForgetForGood();
    once(
        member,
        dev.kvorum.storage.journal.disk.FaultKind.LOST_WRITE,
        operation -> operation instanceof DiskOperation.Write && isSegment(operation.path()));
  }

  private static boolean isSegment(String path) {
    return path.startsWith(JOURNAL) && path.endsWith(".seg");
  }

  /** On a file system that copies what it writes, a full disk has no space for the same bytes. */
  private void refuseOverwriting(int member) {
    once(
        member,
        dev.kvorum.storage.journal.disk.FaultKind.NO_SPACE,
        DiskOperation.Write.class::isInstance);
  }

  private long used(int member) {
    var files = world.member(member).files();
    var bytes = 0L;
    for (var path : files.files()) {
      bytes += files.size(path);
    }
    return bytes;
  }

  private void kill(Fault fault, int member) {
    world.kill(member, fault.durationNanos());
    if ((fault.number() & 1) != 0) {
      world.repeatIn(
          fault.durationNanos() + random.below(SOON_NANOS),
          () -> world.crash(member, policy(fault.number() >>> 1), SOON_NANOS));
    }
  }

  /**
   * A member's disk is destroyed in one place: now; or while it is alone, so that its power goes
   * out again before anybody can give back what it lost; or at the worst moment.
   */
  private void damage(Fault fault, int member) {
    switch (random.below(3)) {
      case 0 -> damageNow(fault, member, NO_BATCH);
      case 1 -> {
        damageNow(fault, member, NO_BATCH);
        isolate(member, fault.durationNanos() + 4 * SOON_NANOS);
        world.repeatIn(
            fault.durationNanos() + SOON_NANOS + random.below(2 * SOON_NANOS),
            () -> world.crash(member, CrashPolicy.EVERYTHING, SOON_NANOS));
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
        isolate(i, MISSING_NANOS);
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
            world.crash(itsNumber, CrashPolicy.EVERYTHING, MISSING_NANOS * 4);
          }
          damageNow(fault, member, newest);
        });
  }

  private void isolate(int member, long nanos) {
    partition(new Fault(FaultKind.PARTITION_ISOLATE, 0, nanos, member, 0), member);
  }

  private List<String> journal(int member) {
    return world.member(member).files().files().stream()
        .filter(path -> path.startsWith("journal/") && path.endsWith(".seg"))
        .toList();
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
    world.crash(member, CrashPolicy.EVERYTHING, fault.durationNanos());
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
    damage.hits(files, path, sector, fault.kind() == FaultKind.DISK_ZERO_SECTOR);
    switch (fault.kind()) {
      case DISK_MISPLACED_SECTOR -> {
        var written = written(files, path);
        var other = written.get((int) Math.floorMod(fault.number() >>> 24, (long) written.size()));
        damage.hits(files, path, other, false);
        files.exchange(path, sector, path, other);
      }
      case DISK_BIT_FLIP ->
          files.damage(dev.kvorum.storage.journal.disk.FaultKind.FLIPPED_BIT, path, sector);
      case DISK_ZERO_SECTOR ->
          files.damage(dev.kvorum.storage.journal.disk.FaultKind.ZEROED_SECTOR, path, sector);
      default ->
          files.damage(dev.kvorum.storage.journal.disk.FaultKind.GARBLED_SECTOR, path, sector);
    }
  }

  /**
   * The last entry that is committed, for all that members know, turns to garbage wherever it is,
   * and with it the states that hold it. A whole snapshot file may still have it; then it is not
   * lost.
   */
  private void rotEverywhere(Fault fault) {
    var committed = EntryId.ORIGIN;
    for (var member : world.members()) {
      var life = member.life();
      var known = life == null ? 0 : Math.min(life.core().commitIndex(), life.durable().index());
      if (life != null && known > committed.index() && known > life.journal().base().index()) {
        committed = new EntryId(life.journal().termAt(known), known);
      }
    }
    var lost = committed;
    if (lost.index() == 0 || world.members().stream().anyMatch(member -> member.keeps(lost))) {
      return;
    }
    for (var i = 0; i < world.memberCount(); i++) {
      world.crash(i, CrashPolicy.NOTHING, fault.durationNanos());
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

  // Members.

  private void change(MembershipChange.Kind kind, long memberId) {
    var leads = world.leader();
    if (leads != null) {
      leads.change(MembershipChange.of(kind, memberId));
    }
  }

  private void reformat(int member) {
    var leads = world.leader();
    if (leads == null || leads.core().membership().voters().size() < 3) {
      return;
    }
    var id = world.memberId(member);
    if (leads.status().memberId() == id || !leads.core().membership().isVoter(id)) {
      return;
    }
    change(MembershipChange.Kind.REMOVE, id);
    var added = world.addMember(Membership.NOBODY);
    world.startMember(added);
    var replacement = world.memberId(added);
    world.repeatIn(
        1_000 * MILLI,
        () -> {
          var now = world.leader();
          if (now != null && !now.core().membership().isVoter(id)) {
            world.member(member).endForGood("its disk was lost, and it joins under another name");
            change(MembershipChange.Kind.ADD_LEARNER, replacement);
          }
        });
    world.repeatIn(2_000 * MILLI, () -> change(MembershipChange.Kind.ADD_VOTER, replacement));
  }

  /**
   * A voter goes and a new member comes in its place, under two majorities meanwhile: until the
   * leader ends that by itself, or an operator does.
   */
  private void replaceVoter(int member, Fault fault) {
    var leads = world.leader();
    var id = world.memberId(member);
    if (leads == null || !leads.core().membership().isVoter(id)) {
      return;
    }
    var added = world.addMember(Membership.NOBODY);
    world.startMember(added);
    leads.change(
        new MembershipChange(
            List.of(
                new MembershipChange.Step(MembershipChange.Kind.ADD_VOTER, world.memberId(added)),
                new MembershipChange.Step(MembershipChange.Kind.REMOVE, id)),
            (fault.number() & 1) == 0
                ? MembershipChange.Transition.JOINT_IMPLICIT
                : MembershipChange.Transition.JOINT_EXPLICIT,
            Bytes.EMPTY));
    undo(fault, this::leaveJoint);
  }

  /** Ends a joint phase that the leader does not end by itself. */
  void leaveJoint() {
    var leads = world.leader();
    if (leads != null
        && leads.core().membership().isJoint()
        && !leads.core().membership().autoLeave()) {
      leads.change(MembershipChange.leave());
    }
  }

  private void announce(int member, Fault fault) {
    var state = world.appliedState(member);
    if (state == null || state.members().isEmpty()) {
      return;
    }
    var all = state.members();
    var one = all.get((int) Math.floorMod(fault.number(), (long) all.size()));
    var name = "name-" + world.scheduler().now();
    var request =
        new Request(
            world.nextRequestId(),
            world.plan().clients(),
            member,
            new Command.PublishMember(one.id(), name, List.of("http://" + name)));
    world.submit(request, (_, _) -> {});
  }

  private void compact(int member) {
    var state = world.appliedState(member);
    if (state != null && state.kv().revision() > 2) {
      var revision = state.kv().revision() - random.below(Math.min(state.kv().revision() - 1, 50));
      var request =
          new Request(
              world.nextRequestId(),
              world.plan().clients(),
              member,
              new Command.Compact(revision, random.chance(500_000)));
      world.submit(request, (_, _) -> {});
    }
  }
}
