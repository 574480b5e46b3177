package dev.kvorum.simulator.oracle;

import dev.kvorum.raft.core.Message;
import dev.kvorum.simulator.world.WrongException;
import dev.kvorum.storage.journal.vote.Vote;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What members promise each other, over all their lives. A promise that is broken seldom does harm
 * at once: two members have to be elected by it, or a disk has to be lost. So the promises
 * themselves are watched.
 *
 * <ul>
 *   <li>A message says no more than the sender's disk knows: a vote that is sent is in the vote
 *       files, entries that are acknowledged are in the journal.
 *   <li>A member votes for one candidate in a term (Raft paper 5.2), whatever it forgot between.
 *   <li>Who leads has the votes of a quorum in that very term.
 *   <li>A leader commits by an entry of its own term (5.4.2).
 *   <li>A member whose disk is well starts again.
 * </ul>
 */
public final class Promises extends ClusterObserver {
  private record Ballot(long term, long member) {}

  /** Whom a member voted for in a term; looked up only. */
  private final Map<Ballot, Long> votes = new HashMap<>();

  /** Who voted for a candidate in a term, as bits by member id; looked up only. */
  private final Map<Ballot, Long> voters = new HashMap<>();

  @Override
  public void said(int member, Message message) {
    switch (message) {
      case Message.VoteRequest request when !request.preVote() ->
          votes(member, request.term(), request.from());
      case Message.VoteResponse response when response.granted() && !response.preVote() ->
          votes(member, response.term(), response.to());
      case Message.AppendResponse response when !response.rejected() -> {
        var durable = cluster().durable(member);
        if (response.index() > durable.index()) {
          throw new WrongException(
              "a message says no more than the disk knows",
              "member %d has %s, and says %s".formatted(member, durable, response));
        }
      }
      default -> {
        // Says nothing that has to last.
      }
    }
  }

  private void votes(int member, long term, long candidate) {
    var vote = cluster().durableVote(member);
    if (!isDurable(vote, term, candidate)) {
      throw new WrongException(
          "a message says no more than the disk knows",
          "member %d votes for %d in term %d, and its disk knows %s"
              .formatted(member, candidate, term, vote));
    }
    var before = votes.putIfAbsent(new Ballot(term, member), candidate);
    if (before != null && before != candidate) {
      throw new WrongException(
          "a member votes once in a term",
          "member %d in term %d for %d, then for %d".formatted(member, term, before, candidate));
    }
    voters.merge(new Ballot(term, candidate), bit(cluster().memberId(member)), (a, b) -> a | b);
  }

  private static boolean isDurable(@Nullable Vote vote, long term, long candidate) {
    return vote != null
        && (vote.term() > term || (vote.term() == term && vote.votedFor() == candidate));
  }

  private static long bit(long member) {
    return 1L << member;
  }

  @Override
  public void leads(int member, long term) {
    var id = cluster().memberId(member);
    var membership = cluster().membership(member);
    // A lone candidate asks nobody.
    var has = voters.getOrDefault(new Ballot(term, id), 0L) | bit(id);
    if (membership != null
        && !(isQuorum(membership.voters(), has) && isQuorum(membership.votersOutgoing(), has))) {
      throw new WrongException(
          "who leads has the votes of a quorum",
          "member %d in term %d of %s has the votes %s"
              .formatted(member, term, membership, Long.toBinaryString(has)));
    }
  }

  private static boolean isQuorum(List<Long> half, long has) {
    var votes = 0;
    for (var voter : half) {
      votes += (has & bit(voter)) != 0 ? 1 : 0;
    }
    return half.isEmpty() || votes > half.size() / 2;
  }

  @Override
  public void commits(int leader, long term, long index) {
    var found = cluster().termAt(leader, index);
    if (found != 0 && found != term) {
      throw new WrongException(
          "a leader commits by an entry of its own term",
          "member %d in term %d commits %d of term %d".formatted(leader, term, index, found));
    }
  }

  @Override
  public void refused(int member, String message) {
    if (!cluster().plan().isVictim(member)) {
      throw new WrongException(
          "a member whose disk is well starts again", "member %d: %s".formatted(member, message));
    }
  }
}
