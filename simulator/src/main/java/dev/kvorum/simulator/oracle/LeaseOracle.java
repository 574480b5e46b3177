package dev.kvorum.simulator.oracle;

import dev.kvorum.simulator.engine.Coverage;
import dev.kvorum.simulator.plan.Fault;
import dev.kvorum.simulator.plan.FaultKind;
import dev.kvorum.simulator.world.Cluster;
import dev.kvorum.simulator.world.WrongException;
import dev.kvorum.storage.model.Command;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongPredicate;

/**
 * When leases may end (contract S10.4, S10.10), in simulated time: that of the world, not of any
 * member.
 *
 * <ul>
 *   <li>Never early: not before its TTL has passed since its grant and since the last renewal that
 *       any member acknowledged; nor, if nobody has renewed it since, before TTL and election
 *       timeout have passed since the leader of the entry began to lead.
 *   <li>A renewal is acknowledged only in its time, by the member's own clock, and by no member
 *       whose successor has led for more than an election timeout.
 *   <li>Not late: in a healed cluster at most TTL, an election timeout and some seconds after all
 *       of that.
 * </ul>
 *
 * <p>Deadlines are counted on members' clocks. Where clocks of a run have different speeds, the
 * bounds are wider by the fastest and the slowest of them. What ends with a lease is the model's to
 * say.
 */
final class LeaseOracle {
  private static final long SECOND = 1_000_000_000L;

  /**
   * The time of a healed cluster to elect, to confirm, to commit, and to try again; and a disk may
   * stand still for half of it, from right before the chaos ended.
   */
  private static final long SLACK_NANOS = 60 * SECOND;

  private static final long RIGHT_SPEED = 1_000;

  /** One life of one lease. */
  private static final class Life {
    private final long ttlNanos;
    private final long grantedAt;
    private final long grantIndex;
    private long keptAt = Long.MIN_VALUE;

    /** By member, on its own clock: when it began to count, or renewed last. */
    private final Map<Integer, Long> begun = new HashMap<>();

    Life(long ttlNanos, long grantedAt, long grantIndex) {
      this.ttlNanos = ttlNanos;
      this.grantedAt = grantedAt;
      this.grantIndex = grantIndex;
    }
  }

  private final Cluster cluster;
  private final Coverage coverage;
  private final long electionNanos;
  private final long fastest;
  private final long slowest;

  /** By lease. */
  private final Map<Long, Life> lives = new HashMap<>();

  /** Terms in which somebody led, and since when. */
  private final List<Long> terms = new ArrayList<>();

  private final List<Long> ledSince = new ArrayList<>();

  /** By member, on its own clock. */
  private final Map<Integer, Long> led = new HashMap<>();

  private long healedAt = Long.MAX_VALUE;

  LeaseOracle(Cluster cluster, Coverage coverage) {
    this.cluster = cluster;
    this.coverage = coverage;
    var tuning = cluster.plan().tuning();
    electionNanos = tuning.tickNanos() * tuning.electionTicks();
    var speeds =
        cluster.plan().faults().stream()
            .filter(fault -> fault.kind() == FaultKind.CLOCK_DRIFT)
            .mapToLong(Fault::number)
            .summaryStatistics();
    fastest = speeds.getCount() == 0 ? RIGHT_SPEED : Math.max(RIGHT_SPEED, speeds.getMax());
    slowest = speeds.getCount() == 0 ? RIGHT_SPEED : Math.min(RIGHT_SPEED, speeds.getMin());
  }

  private long now() {
    return cluster.now();
  }

  /** The time that passes at least, or at most, while a member's clock passes so much. */
  private long atLeast(long nanos) {
    return nanos * RIGHT_SPEED / fastest;
  }

  private long atMost(long nanos) {
    return nanos * RIGHT_SPEED / slowest;
  }

  void leads(long term) {
    if (terms.isEmpty() || terms.getLast() < term) {
      terms.add(term);
      ledSince.add(now());
    }
  }

  /** A process begins, and its clock: what was counted on the clock before says nothing of it. */
  void started(int member) {
    led.remove(member);
    lives.values().forEach(life -> life.begun.remove(member));
  }

  /** A member leads and gives every lease that it knows by now its time anew. */
  void led(int member, long elapsedNanos) {
    led.put(member, elapsedNanos);
    lives.values().forEach(life -> life.begun.remove(member));
  }

  void begun(int member, long lease, long elapsedNanos) {
    var life = lives.get(lease);
    if (life != null) {
      life.begun.put(member, elapsedNanos);
    }
  }

  void healed() {
    healedAt = now();
  }

  /**
   * A command is committed.
   *
   * @param index of its entry
   * @param term of its entry
   * @param isLive whether a lease lives before it
   */
  void committed(Command command, long index, long term, LongPredicate isLive) {
    switch (command) {
      case Command.LeaseGrant grant when !isLive.test(grant.id()) -> {
        var life = new Life(grant.ttlSeconds() * SECOND, now(), index);
        var before = lives.put(grant.id(), life);
        if (before != null) {
          // Until a member hears of both, it counts the time of the one before.
          life.begun.putAll(before.begun);
        }
      }
      case Command.LeaseExpire expire when expire.term() == term -> {
        for (var id : expire.ids()) {
          var life = lives.get(id);
          if (isLive.test(id) && life != null) {
            if (life.grantIndex < expire.grantedBefore()) {
              expired(id, life, term);
            } else {
              coverage.hit("lease granted anew before its expiry");
            }
          }
        }
      }
      default -> {
        // No lease ends by itself.
      }
    }
  }

  private void expired(long id, Life life, long term) {
    coverage.hit("lease expired");
    var since = Math.max(life.grantedAt, life.keptAt);
    // A leader that was replaced may acknowledge for an election timeout more, by a slow clock.
    var uncovered = fastest == slowest ? 0 : atMost(electionNanos);
    if (now() < since + atLeast(life.ttlNanos) - uncovered) {
      throw wrong("a lease never ends early", id, life, term);
    }
    var place = terms.indexOf(term);
    var ledAt = place < 0 ? 0 : ledSince.get(place);
    if (since < ledAt) {
      coverage.hit("lease expired by a later leader");
      if (now() < ledAt + atLeast(life.ttlNanos + electionNanos)) {
        throw wrong("a new leader gives a lease all of its time again", id, life, term);
      }
    }
    var latest = Math.max(Math.max(since, ledSince.getLast()), healedAt);
    if (healedAt != Long.MAX_VALUE
        && now() > latest + atMost(life.ttlNanos + electionNanos) + SLACK_NANOS) {
      throw wrong("a lease of a healed cluster does not end late", id, life, term);
    }
  }

  /**
   * Whether every lease is gone whose time is over by every clock. A healed cluster gets there
   * sooner or later; one that has lost sight of a lease never does.
   *
   * @param isLive whether a lease lives
   */
  boolean isNoneOverdue(LongPredicate isLive) {
    for (var each : lives.entrySet()) {
      var life = each.getValue();
      var since = Math.max(Math.max(life.grantedAt, life.keptAt), ledSince.getLast());
      if (now() > since + atMost(life.ttlNanos + electionNanos) && isLive.test(each.getKey())) {
        return false;
      }
    }
    return true;
  }

  /** A member acknowledges a renewal. */
  void kept(int member, long term, long id, long ttlSeconds, long elapsedNanos) {
    var life = lives.get(id);
    if (life == null || life.ttlNanos != ttlSeconds * SECOND) {
      throw new WrongException("only what was granted is renewed, for as long", "lease " + id);
    }
    for (var i = terms.size() - 1; i >= 0 && terms.get(i) > term; i--) {
      if (now() > ledSince.get(i) + atMost(electionNanos)) {
        throw wrong("a leader that was replaced renews no lease", id, life, term);
      }
    }
    var begun = life.begun.get(member);
    var ledAt = led.get(member);
    var isOver =
        begun != null
            ? elapsedNanos > begun + life.ttlNanos
            : ledAt != null && elapsedNanos > ledAt + life.ttlNanos + electionNanos;
    if (isOver) {
      throw wrong("a lease that has run out is not renewed", id, life, term);
    }
    life.begun.put(member, elapsedNanos);
    life.keptAt = now();
    coverage.hit("lease renewed");
  }

  private WrongException wrong(String rule, long id, Life life, long term) {
    return new WrongException(
        rule,
        "lease %d of %d ns, granted at %d, renewed at %d, in term %d, now %d; terms %s since %s"
            .formatted(
                id, life.ttlNanos, life.grantedAt, life.keptAt, term, now(), terms, ledSince));
  }
}
