package dev.kvorum.raft.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Quorum arithmetic against counting all sets of voters, for every small configuration. */
class QuorumTest {
  private static final int MAX_VOTERS = 5;

  /** The largest value such that some majority has reached it, found by trying all sets. */
  private static long reachedByBruteForce(long[] values) {
    if (values.length == 0) {
      return Long.MAX_VALUE;
    }
    var best = 0L;
    for (var set = 1; set < 1 << values.length; set++) {
      if (2 * Integer.bitCount(set) > values.length) {
        var least = Long.MAX_VALUE;
        for (var i = 0; i < values.length; i++) {
          if ((set >> i & 1) == 1) {
            least = Math.min(least, values[i]);
          }
        }
        best = Math.max(best, least);
      }
    }
    return best;
  }

  @Test
  void reachedIsWhatSomeMajorityHas() {
    for (var voters = 0; voters <= MAX_VOTERS; voters++) {
      for (var code = 0; code < Math.pow(4, voters); code++) {
        var values = new long[voters];
        for (var i = 0; i < voters; i++) {
          values[i] = code >> (2 * i) & 3;
        }
        assertThat(Quorum.reached(values.clone(), voters))
            .as("%s", values)
            .isEqualTo(reachedByBruteForce(values));
      }
    }
  }

  /** How the vote stands, found by trying every way in which the silent ones may still answer. */
  private static Tally tallyByBruteForce(int voters, int granted, int refused) {
    var canWin = false;
    var canLose = false;
    var silent = voters - granted - refused;
    for (var more = 0; more <= silent; more++) {
      if (voters == 0 || 2 * (granted + more) > voters) {
        canWin = true;
      } else {
        canLose = true;
      }
    }
    return canWin && canLose ? Tally.PENDING : canWin ? Tally.WON : Tally.LOST;
  }

  @Test
  void aVoteIsDecidedWhenNoAnswerCanChangeIt() {
    for (var voters = 0; voters <= 9; voters++) {
      for (var granted = 0; granted <= voters; granted++) {
        for (var refused = 0; refused <= voters - granted; refused++) {
          assertThat(Quorum.tally(voters, granted, refused))
              .as("%d voters, %d granted, %d refused", voters, granted, refused)
              .isEqualTo(tallyByBruteForce(voters, granted, refused));
        }
      }
    }
  }

  private static List<Long> members(int set) {
    var members = new ArrayList<Long>();
    for (var member = 0; member < 6; member++) {
      if ((set >> member & 1) == 1) {
        members.add(member + 1L);
      }
    }
    return members;
  }

  private static boolean isMajority(int of, int set) {
    return of == 0 || 2 * Integer.bitCount(of & set) > Integer.bitCount(of);
  }

  @Test
  void aJointDecisionNeedsAMajorityOfBothHalves() {
    for (var incoming = 1; incoming < 1 << 6; incoming++) {
      for (var outgoing = 0; outgoing < 1 << 6; outgoing++) {
        var peers =
            new Peers(
                RaftConfig.defaults(1, 1),
                new Membership(members(incoming), members(outgoing), List.of(), List.of(), false));
        for (var set = 0; set < 1 << 6; set++) {
          var granted = set;
          var both = isMajority(incoming, set) && isMajority(outgoing, set);
          assertThat(
                  peers.tally(
                      member -> (granted >> (member - 1) & 1) == 1,
                      member -> (granted >> (member - 1) & 1) == 0))
              .isEqualTo(both ? Tally.WON : Tally.LOST);
          assertThat(
                  peers.reached(progress -> (granted >> (progress.member() - 1) & 1) == 1 ? 7 : 3))
              .isEqualTo(both ? 7 : 3);
        }
      }
    }
  }

  @Test
  void anyTwoQuorumsOfAConfigurationAndOfItsJointSuccessorMeet() {
    for (var before = 1; before < 1 << 5; before++) {
      for (var after = 1; after < 1 << 5; after++) {
        for (var one = 0; one < 1 << 5; one++) {
          if (!isMajority(before, one)) {
            continue;
          }
          for (var other = 0; other < 1 << 5; other++) {
            if (isMajority(before, other) && isMajority(after, other)) {
              assertThat(one & other).isNotZero();
            }
          }
        }
      }
    }
  }
}
