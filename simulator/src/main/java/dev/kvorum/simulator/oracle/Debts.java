package dev.kvorum.simulator.oracle;

import dev.kvorum.raft.core.Message;
import dev.kvorum.raft.core.TraceRecord;
import dev.kvorum.simulator.world.WrongException;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;
import java.util.HashMap;
import java.util.Map;

/**
 * What a member had durably and lost, it owes: it may have acknowledged it. That does harm only
 * when somebody is elected who lacks it, which takes two more accidents; so the debt itself is
 * watched, over all lives, however many crashes come before it is paid.
 *
 * <ul>
 *   <li>Who starts with less than it had knows that.
 *   <li>Who owes votes for nobody who has less than what is owed (rule P5).
 *   <li>Whose disk is well owes nothing and claims nothing.
 *   <li>Damage is never taken for a bug: a journal that contradicts itself is one that this server
 *       wrote wrongly (rule P4).
 * </ul>
 *
 * A debt is paid when the journal has come that far again, and remitted when the machine has reason
 * to say so: a leader's cure, or an inquiry that proves that the rest was never committed.
 */
public final class Debts extends ClusterObserver {
  private record Ballot(long term, long candidate) {}

  /** What the member's journal had durably when it last told; looked up only. */
  private final Map<Integer, EntryId> had = new HashMap<>();

  /** Looked up only. */
  private final Map<Integer, EntryId> owed = new HashMap<>();

  /** Where a candidate's log ended when it asked for votes; looked up only. */
  private final Map<Ballot, EntryId> candidates = new HashMap<>();

  @Override
  public void started(int member) {
    var found = cluster().durable(member);
    var before = had.getOrDefault(member, EntryId.ORIGIN);
    if (found.compareTo(before) < 0) {
      owed.merge(member, before, (one, other) -> one.compareTo(other) > 0 ? one : other);
    }
    had.put(member, found);
    if (!cluster().plan().isVictim(member) && !(cluster().claim(member) instanceof Claim.Sound)) {
      throw new WrongException(
          "who lost nothing claims nothing",
          "member %d claims %s".formatted(member, cluster().claim(member)));
    }
    var debt = owed.get(member);
    if (debt == null || cluster().hasLied(member)) {
      owed.remove(member);
    } else if (cluster().claim(member) instanceof Claim.Sound) {
      throw new WrongException(
          "who lost what was durable knows it",
          "member %d had %s, finds %s and claims nothing".formatted(member, debt, found));
    }
  }

  @Override
  public void durable(int member, EntryId last) {
    had.put(member, last);
    var debt = owed.get(member);
    if (debt != null && last.compareTo(debt) >= 0) {
      owed.remove(member);
    }
  }

  @Override
  public void happened(int member, TraceRecord record) {
    var debt = owed.get(member);
    if (debt != null && record instanceof TraceRecord.ClaimChanged(var claim, _)) {
      switch (claim) {
        case Claim.Sound _ -> owed.remove(member);
        case Claim.Reached(var position) ->
            owed.put(member, position.compareTo(debt) < 0 ? position : debt);
        case Claim.Unknown _ -> {
          // Covers everything.
        }
      }
    }
  }

  @Override
  public void refused(int member, String message) {
    if (message.contains("contradicts itself")) {
      throw new WrongException(
          "damage is told from a contradiction", "member %d: %s".formatted(member, message));
    }
  }

  @Override
  public void said(int member, Message message) {
    switch (message) {
      case Message.VoteRequest request when !request.preVote() ->
          candidates.put(new Ballot(request.term(), request.from()), request.last());
      case Message.VoteResponse response when response.granted() && !response.preVote() ->
          votes(member, response.term(), response.to());
      default -> {
        // Nobody is elected by it.
      }
    }
  }

  private void votes(int member, long term, long candidate) {
    var debt = owed.get(member);
    var last = candidates.get(new Ballot(term, candidate));
    if (debt != null && last != null && debt.term() < term && last.compareTo(debt) < 0) {
      throw new WrongException(
          "who lost entries votes for nobody who lacks them",
          "member %d had %s, and votes in term %d for %d, which ends at %s"
              .formatted(member, debt, term, candidate, last));
    }
  }
}
