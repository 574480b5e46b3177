package dev.kvorum.simulator.client;

import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.plan.Plan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Everything about the clients that a seed decides before the first event.
 *
 * @param keyCount how many keys there are
 * @param singleKeys whether every request is about one key, so that the history can be searched
 * @param profiles by client
 * @param operations in the order of time
 * @param sessions clients that keep something going
 */
public record TrafficPlan(
    int keyCount,
    boolean singleKeys,
    List<Profile> profiles,
    List<Operation> operations,
    List<SessionPlan> sessions) {
  private static final long SESSION_SALT = 0x73657373L;
  private static final long SALT = 0x636c69656e7473L;

  /**
   * About what one operation costs with all its messages and disk jobs. Much of what is planned is
   * never asked, because a client still waits for a cluster that cannot answer.
   */
  private static final long EVENTS_PER_OPERATION = 15;

  /** Of so many seeds one has requests about single keys only. */
  private static final int SEEDS_PER_SEARCH = 100;

  private static final int MIN_GAP_NANOS = 1_000;

  public TrafficPlan {
    profiles = List.copyOf(profiles);
    operations = List.copyOf(operations);
    sessions = List.copyOf(sessions);
  }

  /** The traffic of a plan. */
  public static TrafficPlan draw(Plan plan) {
    var random = new SimRandom(plan.seed()).fork(SALT);
    return draw(plan, random, random.below(SEEDS_PER_SEARCH) == 0);
  }

  /** The traffic of a plan with requests about single keys only. */
  public static TrafficPlan drawSingleKeys(Plan plan) {
    return draw(plan, new SimRandom(plan.seed()).fork(SALT), true);
  }

  private static TrafficPlan draw(Plan plan, SimRandom random, boolean singleKeys) {
    var keyCount = singleKeys ? random.between(24, 96) : random.oneOf(2, 5, 12, 40);
    var profiles = profiles(random, plan.clients(), singleKeys);
    return new TrafficPlan(
        keyCount,
        singleKeys,
        profiles,
        operations(plan, random),
        sessions(plan, random.fork(SESSION_SALT), singleKeys));
  }

  private static List<SessionPlan> sessions(Plan plan, SimRandom random, boolean singleKeys) {
    var sessions = new ArrayList<SessionPlan>();
    add(sessions, SessionPlan.Kind.WATCH, random.oneOf(1, 2, 2, 5), plan, random);
    if (!singleKeys) {
      // The search knows nothing of leases.
      add(sessions, SessionPlan.Kind.LEASE, random.oneOf(1, 2, 4), plan, random);
      add(sessions, SessionPlan.Kind.LOCK, random.oneOf(0, 2, 3, 6), plan, random);
    }
    return sessions;
  }

  private static void add(
      List<SessionPlan> sessions, SessionPlan.Kind kind, int count, Plan plan, SimRandom random) {
    for (var i = 0; i < count; i++) {
      sessions.add(new SessionPlan(kind, plan.clients() + sessions.size(), random.next()));
    }
  }

  /** One seed's clients are all alike, another's are all different. */
  private static List<Profile> profiles(SimRandom random, int clients, boolean singleKeys) {
    var mixed = random.below(2) == 0;
    var common = random.pick(Profile.values());
    var profiles = new ArrayList<Profile>();
    for (var client = 0; client < clients; client++) {
      var own = mixed ? random.pick(Profile.values()) : common;
      profiles.add(singleKeys ? Profile.SINGLE_KEYS : own);
    }
    return profiles;
  }

  private static List<Operation> operations(Plan plan, SimRandom random) {
    var share = random.oneOf(1, 2, 4, 8);
    var count = Math.max(plan.clients(), plan.maxEvents() / EVENTS_PER_OPERATION / share);
    var meanGapNanos = Math.max(MIN_GAP_NANOS, plan.chaosNanos() * plan.clients() / count);
    var operations = new ArrayList<Operation>();
    for (var client = 0; client < plan.clients(); client++) {
      var own = random.fork(client);
      var at = own.exponential(meanGapNanos);
      while (at < plan.chaosNanos()) {
        operations.add(new Operation(at, client, own.next()));
        at += MIN_GAP_NANOS + own.exponential(meanGapNanos);
      }
    }
    operations.sort(Comparator.comparingLong(Operation::atNanos));
    return operations;
  }

  /** The same clients with other operations. */
  public TrafficPlan withOperations(List<Operation> fewer) {
    return new TrafficPlan(keyCount, singleKeys, profiles, fewer, sessions);
  }

  /** The same clients without some of the sessions. */
  public TrafficPlan withSessions(List<SessionPlan> fewer) {
    return new TrafficPlan(keyCount, singleKeys, profiles, operations, fewer);
  }
}
