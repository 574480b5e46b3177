package dev.kvorum.raft.core;

import java.util.List;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The configuration in force, and a {@link Progress} for each of its members in ascending order of
 * their ids. Here the quorum arithmetic meets the two halves of a joint configuration.
 */
final class Peers {
  private final RaftConfig config;
  private Membership membership = Membership.NOBODY;
  private Progress[] all = {};
  private Progress[] voters = {};
  private Progress[] outgoing = {};
  private long[] scratch = {};

  Peers(RaftConfig config, Membership membership) {
    this.config = config;
    configure(membership, 0);
  }

  /** Puts a configuration in force; what is known of members who stay is kept. */
  void configure(Membership newMembership, long lastIndex) {
    membership = newMembership;
    var members = new TreeSet<Long>();
    members.addAll(membership.voters());
    members.addAll(membership.votersOutgoing());
    members.addAll(membership.learners());
    var kept = all;
    all = new Progress[members.size()];
    var place = 0;
    for (var member : members) {
      var progress = find(kept, member);
      if (progress == null) {
        progress = new Progress(member, config);
        progress.reset(lastIndex);
        // Give a newcomer one election timeout before its silence counts against the quorum.
        progress.recentlyActive(true);
      }
      all[place++] = progress;
    }
    voters = progresses(membership.voters());
    outgoing = progresses(membership.votersOutgoing());
    scratch = new long[all.length];
  }

  private Progress[] progresses(List<Long> members) {
    var result = new Progress[members.size()];
    for (var i = 0; i < result.length; i++) {
      var progress = find(all, members.get(i));
      if (progress == null) {
        throw new IllegalStateException("a voter is no member");
      }
      result[i] = progress;
    }
    return result;
  }

  private static @Nullable Progress find(Progress[] among, long member) {
    for (var progress : among) {
      if (progress.member() == member) {
        return progress;
      }
    }
    return null;
  }

  Membership membership() {
    return membership;
  }

  /** Every member of the configuration, this one included, in ascending order. */
  Progress[] all() {
    return all;
  }

  @Nullable Progress get(long member) {
    return find(all, member);
  }

  boolean isVoter(long member) {
    return find(voters, member) != null || find(outgoing, member) != null;
  }

  /** Whether the member decides everything alone. */
  boolean isLoneVoter(long member) {
    return voters.length == 1
        && voters[0].member() == member
        && (outgoing.length == 0 || (outgoing.length == 1 && outgoing[0].member() == member));
  }

  /** The largest value that a quorum of each half has reached. */
  long reached(ToLongFunction<Progress> value) {
    return Math.min(reached(voters, value), reached(outgoing, value));
  }

  private long reached(Progress[] half, ToLongFunction<Progress> value) {
    for (var i = 0; i < half.length; i++) {
      scratch[i] = value.applyAsLong(half[i]);
    }
    return Quorum.reached(scratch, half.length);
  }

  /** How a vote stands, given who answered what; a voter who did neither has not answered. */
  Tally tally(Predicate<Long> granted, Predicate<Long> refused) {
    return Quorum.joint(tally(voters, granted, refused), tally(outgoing, granted, refused));
  }

  private static Tally tally(Progress[] half, Predicate<Long> granted, Predicate<Long> refused) {
    var yes = 0;
    var no = 0;
    for (var voter : half) {
      if (granted.test(voter.member())) {
        yes++;
      } else if (refused.test(voter.member())) {
        no++;
      }
    }
    return Quorum.tally(half.length, yes, no);
  }

  /** Whether something holds for every voter, of both halves of a joint configuration. */
  boolean everyVoter(Predicate<Long> holds) {
    for (var progress : all) {
      if (isVoter(progress.member()) && !holds.test(progress.member())) {
        return false;
      }
    }
    return true;
  }

  void invariant() {
    for (var progress : all) {
      progress.invariant();
    }
  }
}
