package dev.kvorum.simulator.plan;

import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.storage.journal.JournalOptions;
import dev.kvorum.storage.watch.WatchSizes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Draws the plan of a seed. Every seed has its own mix of faults and its own rates, and most faults
 * do not happen at all in most seeds: a bug that needs many crashes and a good network is not found
 * where everything fails all the time.
 */
@SuppressWarnings("EnumOrdinal") // a kind's own stream of random numbers
public final class Swarm {
  /** A seed's events when nobody says otherwise. */
  public static final long EVENTS = 200_000;

  private static final long MICRO = 1_000L;
  private static final long MILLI = 1_000_000L;
  private static final long SECOND = 1_000_000_000L;
  private static final int KIBIBYTE = 1 << 10;
  private static final int MEBIBYTE = 1 << 20;
  private static final int SECTOR = 512;

  /** What an operator does in clusters that change their members. */
  static final List<FaultKind> MEMBERSHIP =
      List.of(
          FaultKind.ADD_LEARNER,
          FaultKind.PROMOTE,
          FaultKind.REMOVE_MEMBER,
          FaultKind.REFORMAT,
          FaultKind.REPLACE_VOTER);

  /**
   * What destroys what was durable. The fault atlas: in one run it happens to one and the same
   * minority of the members only, and never together with changes of members, so that every entry
   * stays intact on a quorum that can be told from the others, and the right outcome is to recover.
   */
  static final List<FaultKind> DESTROYING =
      List.of(
          FaultKind.DISK_LIES,
          FaultKind.DISK_SHORN_WRITE,
          FaultKind.DISK_BIT_FLIP,
          FaultKind.DISK_GARBAGE_SECTOR,
          FaultKind.DISK_ZERO_SECTOR,
          FaultKind.DISK_MISPLACED_SECTOR,
          FaultKind.DISK_VOTE_GARBAGE,
          FaultKind.DISK_SYNC_ERROR,
          FaultKind.DISK_LOST_WRITE,
          FaultKind.STATE_DIVERGES);

  /**
   * What no cluster survives, as the last thing that happens in a run: the right outcome is that it
   * halts and tells its operator why.
   */
  static final List<FaultKind> HALTING = List.of(FaultKind.DISK_ROT_EVERYWHERE);

  /** In one of so many runs whose disks and members are well otherwise. */
  private static final int HALTING_EVERY = 12;

  private Swarm() {}

  /**
   * The plan of the seed.
   *
   * @param members how many founders, 0 to let the seed decide
   * @param maxEvents where the run ends at the latest, but for the time to recover
   */
  public static Plan draw(long seed, int members, long maxEvents) {
    var random = new SimRandom(seed).fork(0x7377_61726dL);
    var count = members > 0 ? members : random.oneOf(1, 3, 3, 3, 3, 5, 5);
    var chaos = random.between(5, 40) * SECOND;
    var tuning = tuning(random.fork(1));
    return new Plan(
        seed,
        count,
        random.between(4, 24),
        maxEvents,
        chaos,
        count == 1 ? Weather.CALM : weather(random.fork(2)),
        tuning,
        random.oneOf(20, 100, 500, 3_000) * MICRO,
        faults(random.fork(3), count, chaos));
  }

  private static Weather weather(SimRandom random) {
    if (random.below(4) == 0) {
      return Weather.CALM;
    }
    return new Weather(
        random.oneOf(20, 100, 1_000) * MICRO,
        random.oneOf(50, 300, 3_000, 30_000) * MICRO,
        some(random, 1_000, 20_000, 150_000),
        some(random, 1_000, 50_000, 300_000),
        some(random, 1_000, 50_000, 300_000),
        some(random, 100, 2_000),
        random.below(4) == 0 ? random.oneOf(1, 10, 100) : 0,
        random.below(3) > 0);
  }

  /** Mostly nothing, else one of the rates. */
  private static int some(SimRandom random, int... rates) {
    return random.below(2) == 0 ? 0 : random.oneOf(rates);
  }

  private static boolean buggify(SimRandom random) {
    return random.below(4) == 0;
  }

  private static Tuning tuning(SimRandom random) {
    var roomy = Tuning.ROOMY;
    var journal = roomy.journal();
    if (buggify(random)) {
      journal = new JournalOptions(16 * KIBIBYTE, 8 * KIBIBYTE, 2 * KIBIBYTE, 8 * SECTOR, 1, 0);
    } else if (buggify(random)) {
      journal =
          new JournalOptions(64 * KIBIBYTE, 16 * KIBIBYTE, SECTOR, 8 * KIBIBYTE, 2, 32 * KIBIBYTE);
    }
    var everyFewEntries = buggify(random);
    var snapshotCount = everyFewEntries ? 20 : random.oneOf(100, 1_000);
    return new Tuning(
        journal,
        random.oneOf(10, 50, 100) * MILLI,
        random.oneOf(5, 10),
        buggify(random) ? random.oneOf(1, 64, 1_024) : roomy.maxAppendBytes(),
        buggify(random) ? random.oneOf(1, 2) : roomy.maxInflightAppends(),
        buggify(random) ? 2_000 : roomy.maxUncommittedBytes(),
        buggify(random) ? random.oneOf(0, 500) : roomy.maxTailBytes(),
        buggify(random) ? random.oneOf(1, 1_000) : roomy.maxApplyingBytes(),
        snapshotCount,
        everyFewEntries || buggify(random) ? random.oneOf(0, 5) : snapshotCount / 2,
        buggify(random) ? 8L * KIBIBYTE : random.oneOf(64, 512) * (long) KIBIBYTE,
        buggify(random) ? 500 : MEBIBYTE,
        buggify(random) ? 0 : random.oneOf(10, 1_000),
        random.below(2) == 0,
        random.oneOf(1, 50, 400) * MILLI,
        random.oneOf(100, 2_000, 10_000) * MILLI,
        watches(random.fork(1), roomy.watches()),
        random.oneOf(100, 500, 5_000) * MILLI,
        leaseLagNanos(random.fork(2)));
  }

  private static long leaseLagNanos(SimRandom random) {
    return buggify(random) ? random.oneOf(300, 1_000, 3_000) * MILLI : 0;
  }

  private static WatchSizes watches(SimRandom random, WatchSizes roomy) {
    return new WatchSizes(
        buggify(random) ? random.oneOf(1, 3) : roomy.turnMessages(),
        buggify(random) ? 100 : roomy.turnBytes(),
        buggify(random) ? random.oneOf(100, 2_000) : roomy.streamBytes(),
        buggify(random) ? random.oneOf(1, 3, 20) : roomy.chunkRevisions(),
        random.below(2) == 0 ? random.oneOf(0, 500, 5_000) : roomy.recentBytes(),
        buggify(random) ? random.oneOf(1, 20) : roomy.maxQueuedEvents(),
        buggify(random) ? random.oneOf(1, 200) : roomy.fragmentBytes(),
        buggify(random) ? random.oneOf(1, 2, 5) : roomy.chunkEvents(),
        roomy.responseBytes());
  }

  private static List<Fault> faults(SimRandom random, int members, long chaosNanos) {
    var faults = new ArrayList<Fault>();
    var changesMembers = members > 1 && random.below(4) == 0;
    var destroys = members > 2 && !changesMembers && random.below(2) == 0;
    var victims = victims(random, members);
    for (var kind : FaultKind.values()) {
      var own = random.fork(kind.ordinal());
      var usual = own.below(3) == 0;
      var wanted =
          MEMBERSHIP.contains(kind)
              ? changesMembers && own.below(3) > 0
              : DESTROYING.contains(kind)
                  ? destroys && own.below(oneIn(kind)) == 0
                  : usual && !HALTING.contains(kind);
      if (!wanted || (members == 1 && isAboutPeers(kind))) {
        continue;
      }
      var times = MEMBERSHIP.contains(kind) ? own.between(1, 4) : own.oneOf(1, 2, 5, 12);
      for (var i = 0; i < times; i++) {
        var member =
            DESTROYING.contains(kind)
                ? victims[own.below(victims.length)]
                : own.below(3) == 0 ? Fault.LEADER : own.below(members);
        faults.add(fault(own, kind, chaosNanos, member));
      }
    }
    faults.sort(Comparator.comparingLong(Fault::atNanos));
    if (!changesMembers && !destroys && random.fork(HALTING_EVERY).below(HALTING_EVERY) == 0) {
      for (var kind : HALTING) {
        faults.add(new Fault(kind, chaosNanos, SECOND, 0, 0));
      }
    }
    return faults;
  }

  /** Nothing can be said of a disk that lied, so most seeds that destroy do it otherwise. */
  private static int oneIn(FaultKind kind) {
    return kind == FaultKind.DISK_LIES ? 5 : 2;
  }

  /** The members whose disks may be destroyed: one of three, one or two of five. */
  private static int[] victims(SimRandom random, int members) {
    var first = random.below(members);
    return members >= 5 && random.below(2) == 0
        ? new int[] {first, (first + 1 + random.below(members - 1)) % members}
        : new int[] {first};
  }

  private static boolean isAboutPeers(FaultKind kind) {
    return switch (kind) {
      case PARTITION_SPLIT,
          PARTITION_ISOLATE,
          PARTITION_LEADER_FLAPPING,
          PARTITION_DEAF,
          PARTITION_MUTE,
          PARTITION_BRIDGE,
          PARTITION_RING,
          PARTITION_CONSTRAINED,
          SWIZZLE_CLOG,
          SLOW_LINK,
          BLACKHOLE,
          RECONNECT_STORM,
          TRANSFER_LEADERSHIP,
          CRASH_VOTING ->
          true;
      case CRASH,
          CRASH_BEFORE_SYNC,
          CRASH_AFTER_SYNC,
          CRASH_ALL,
          PAUSE_MEMBER,
          PAUSE_LOGIC,
          PAUSE_JOURNAL,
          PAUSE_STATE,
          PARTITION_CLIENTS,
          PARTITION_PEERS_ONLY,
          CLOCK_DRIFT,
          CLOCK_JUMP,
          DISK_WRITE_ERROR,
          DISK_SYNC_ERROR,
          DISK_FULL,
          DISK_SLOW,
          DISK_LIES,
          DISK_SHORN_WRITE,
          DISK_BIT_FLIP,
          DISK_GARBAGE_SECTOR,
          DISK_ZERO_SECTOR,
          STATE_LOST,
          REFORMAT,
          ADD_LEARNER,
          PROMOTE,
          REMOVE_MEMBER,
          COMPACT,
          SNAPSHOT,
          REPLACE_VOTER,
          DISK_VOTE_GARBAGE,
          DISK_ROT_EVERYWHERE,
          DISK_LOST_WRITE,
          DISK_READ_ERROR,
          STATE_DIVERGES,
          KILL,
          CRASH_WRITING_SNAPSHOT,
          DISK_MISPLACED_SECTOR,
          ANNOUNCE ->
          false;
    };
  }

  private static Fault fault(SimRandom random, FaultKind kind, long chaosNanos, int member) {
    var at = random.below(chaosNanos);
    var duration =
        switch (kind) {
          case PAUSE_MEMBER, PAUSE_LOGIC, PAUSE_JOURNAL, PAUSE_STATE ->
              random.oneOf(10, 300, 2_000, 30_000) * MILLI;
          case CRASH_VOTING -> random.oneOf(1, 50, 500) * MILLI;
          case PARTITION_LEADER_FLAPPING -> random.oneOf(500, 3_000) * MILLI;
          default -> random.oneOf(50, 500, 3_000, 10_000) * MILLI;
        };
    var number =
        switch (kind) {
          case CLOCK_DRIFT -> random.oneOf(500, 900, 1_100, 2_000);
          case CLOCK_JUMP -> random.oneOf(1, 10, 100);
          case SLOW_LINK -> random.oneOf(1_000, 20_000);
          case DISK_FULL -> random.oneOf(0, 1_000, 30_000);
          default -> random.next() >>> 1;
        };
    return new Fault(kind, at, duration, member, number);
  }
}
