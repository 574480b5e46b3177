package dev.kvorum.simulator.world;

import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.plan.Fault;
import dev.kvorum.simulator.plan.FaultKind;
import java.util.function.IntPredicate;

/** What befalls the links between members, and those to the clients. */
final class NetworkFaults {
  private static final long MILLI = 1_000_000L;
  private static final long LONG_FLAP_NANOS = 1_000 * MILLI;
  private static final int MANY_FLAPS = 12;
  private static final int FEW_FLAPS = 4;
  private static final int RECONNECTS = 5;
  private static final long RECONNECT_NANOS = 20 * MILLI;

  private final World world;
  private final SimRandom random;
  private final LastingFaults lasting;

  NetworkFaults(World world, SimRandom random, LastingFaults lasting) {
    this.world = world;
    this.random = random;
    this.lasting = lasting;
  }

  /** Cuts the links that this kind of partition cuts. */
  void partition(Fault fault, int member) {
    var count = world.memberCount();
    for (var from = 0; from < count; from++) {
      for (var to = 0; to < count; to++) {
        if (from != to && isCut(fault, member, from, to, count)) {
          var first = from;
          var second = to;
          world.network().set(first, second, Network.LinkState.CUT);
          lasting.endsIn(
              fault.durationNanos(),
              () -> world.network().set(first, second, Network.LinkState.OPEN));
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

  /** Whoever leads is alone for half of the time, several times. */
  void flap(Fault fault) {
    flap(fault, fault.durationNanos() < LONG_FLAP_NANOS ? MANY_FLAPS : FEW_FLAPS);
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

  /** Links are clogged one after the other, and opened in another order. */
  void swizzle(Fault fault) {
    var count = world.memberCount();
    for (var i = 0; i < count * count; i++) {
      var from = i / count;
      var to = i % count;
      if (from != to && random.chance(SimRandom.MILLION / 2)) {
        world.repeatIn(
            random.below(fault.durationNanos() + 1),
            () -> world.network().set(from, to, Network.LinkState.CLOGGED));
        Runnable open = () -> world.network().set(from, to, Network.LinkState.OPEN);
        lasting.endsIn(fault.durationNanos() + random.below(fault.durationNanos() + 1), open);
      }
    }
  }

  /** All connections of the member break, again and again. */
  void reconnect(int member) {
    reconnect(member, RECONNECTS);
  }

  private void reconnect(int member, int times) {
    for (var i = 0; i < world.memberCount(); i++) {
      if (i != member) {
        world.network().reconnect(member, i);
        world.network().reconnect(i, member);
      }
    }
    if (times > 1) {
      world.repeatIn(RECONNECT_NANOS, () -> reconnect(member, times - 1));
    }
  }

  /** Nobody reaches the member, and it nobody. */
  void isolate(int member, long nanos) {
    partition(new Fault(FaultKind.PARTITION_ISOLATE, 0, nanos, member, 0), member);
  }

  /** What the member sends crawls. */
  void slow(Fault fault, int member) {
    for (var i = 0; i < world.memberCount(); i++) {
      var other = i;
      world.network().slow(member, other, (int) fault.number());
      lasting.endsIn(fault.durationNanos(), () -> world.network().slow(member, other, 0));
    }
  }

  /** No client reaches the members that are cut; of every other one that is true no more. */
  void cutClients(Fault fault, IntPredicate cut) {
    for (var i = 0; i < world.memberCount(); i++) {
      var member = i;
      cutClients(member, cut.test(member));
      lasting.endsIn(fault.durationNanos(), () -> cutClients(member, false));
    }
  }

  private void cutClients(int member, boolean cut) {
    world.calls().cut(member, cut);
    if (cut) {
      world.lines().cut(member);
    }
  }
}
