package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** How scenario files write down what happens: short, exact, and readable without this class. */
final class ScenarioText {
  private ScenarioText() {}

  static String message(Message message) {
    return "%d>%d %s".formatted(message.from(), message.to(), content(message));
  }

  private static String content(Message message) {
    return switch (message) {
      case Message.VoteRequest(_, _, var term, var preVote, var transfer, var last) ->
          "%s term=%d last=%s%s"
              .formatted(
                  preVote ? "pre-vote?" : "vote?", term, last, transfer ? " for transfer" : "");
      case Message.VoteResponse(_, _, var term, var preVote, var granted, var committed) ->
          "%s %s term=%d committed=%s"
              .formatted(preVote ? "pre-vote" : "vote", granted ? "yes" : "no", term, committed);
      case Message.Append(_, _, var term, var previous, var entries, var commit) ->
          "append term=%d after=%s%s commit=%d".formatted(term, previous, entries(entries), commit);
      case Message.AppendResponse(_, _, var term, _, var rejected, var index, var hint) ->
          rejected
              ? "append refused term=%d after=%d hint=%s".formatted(term, index, hint)
              : "append done term=%d to=%d".formatted(term, index);
      case Message.Heartbeat(_, _, var term, var commit, var round, var hashIndex) ->
          "heartbeat term=%d commit=%d%s%s"
              .formatted(
                  term,
                  commit,
                  round > 0 ? " round=" + round : "",
                  hashIndex > 0 ? " hash=" + hashIndex + "?" : "");
      case Message.HeartbeatResponse(
              _,
              _,
              var term,
              _,
              var round,
              var seeksCure,
              var slow,
              var hash) ->
          "heartbeat heard term=%d%s%s%s%s"
              .formatted(
                  term,
                  round > 0 ? " round=" + round : "",
                  seeksCure ? " seeks cure" : "",
                  slow ? " slow disk" : "",
                  hash.index() > 0 ? " hash=" + hash.index() + ":" + hash.low() : "");
      case Message.InstallSnapshot(_, _, var term, var position, var membership) ->
          "snapshot term=%d at=%s %s".formatted(term, position, membership);
      case Message.ForwardedProposal(_, _, _, var type, var payloads) ->
          "forwards %d %s".formatted(payloads.size(), lower(type));
      case Message.ReadIndexRequest(_, _, var term, var life, var ticket) ->
          "read index? term=%d ticket=%d.%d".formatted(term, life, ticket);
      case Message.ReadIndexResponse(_, _, var term, var life, var ticket, var index) ->
          "read index term=%d ticket=%d.%d index=%d".formatted(term, life, ticket, index);
      case Message.TransferRequest(_, _, _, var target) -> "asks to move leadership to " + target;
      case Message.TimeoutNow(_, _, var term) -> "campaign now term=" + term;
      case Message.DamageNotice(_, _, var term, _, var acknowledged) ->
          "you forgot term=%d acknowledged=%s".formatted(term, acknowledged);
      case Message.TailInquiry(_, _, var term, var beforehand) ->
          "what do you have%s? term=%d".formatted(beforehand ? " (beforehand)" : "", term);
      case Message.TailReport(
              _,
              _,
              var term,
              var beforehand,
              var last,
              var committed,
              var claim,
              var membership) ->
          "has%s term=%d last=%s commit=%d %s%s"
              .formatted(
                  beforehand ? " (beforehand)" : "",
                  term,
                  last,
                  committed,
                  claim(claim),
                  membership.voters().isEmpty() ? " between configurations" : "");
      case Message.DivergenceNotice(_, _, var term, _, var index) ->
          "your state is wrong term=%d index=%d".formatted(term, index);
      case Message.CureNotice(_, _, var term, var index) ->
          "you are cured term=%d index=%d".formatted(term, index);
    };
  }

  private static String entries(List<Entry> entries) {
    return entries.isEmpty()
        ? ""
        : entries.stream().map(ScenarioText::entry).collect(Collectors.joining(", ", " [", "]"));
  }

  static String entry(Entry entry) {
    return EntryId.of(entry)
        + switch (entry.type()) {
          case EMPTY -> "";
          case COMMAND -> " " + entry.payload();
          case MEMBERSHIP -> " " + change(MembershipChange.decode(entry.payload()));
        };
  }

  static String change(MembershipChange change) {
    if (change.isLeave()) {
      return "leave";
    }
    var steps =
        change.steps().stream()
            .map(
                step ->
                    switch (step.kind()) {
                          case ADD_VOTER -> "v";
                          case ADD_LEARNER -> "l";
                          case REMOVE -> "-";
                        }
                        + step.member())
            .collect(Collectors.joining(" "));
    return switch (change.transition()) {
      case AUTO -> steps;
      case JOINT_IMPLICIT -> steps + " joint";
      case JOINT_EXPLICIT -> steps + " explicit";
    };
  }

  static String persist(Persist persist) {
    var text = new StringBuilder("writes #").append(persist.sequence());
    var hardState = persist.hardState();
    if (hardState != null) {
      text.append(" term=").append(hardState.term()).append(" vote=").append(hardState.vote());
    }
    var claim = persist.claim();
    if (claim != null) {
      text.append(' ').append(claim(claim));
    }
    var snapshot = persist.snapshot();
    if (snapshot != null) {
      text.append(" snapshot=").append(snapshot.position());
    }
    return text.append(entries(persist.entries())).toString();
  }

  static String claim(Claim claim) {
    return switch (claim) {
      case Claim.Sound _ -> "undamaged";
      case Claim.Reached(var position) -> "damaged claim=" + position;
      case Claim.Unknown _ -> "damaged claim=unknown";
    };
  }

  static String proposal(ProposalResult result) {
    return switch (result) {
      case ProposalResult.Accepted(var first, var count, var term) ->
          "accepts %d at %d/%d".formatted(count, term, first);
      case ProposalResult.Forwarded(var leader) -> "forwards to " + leader;
      case ProposalResult.Rejected(var reason, _, var detail) ->
          "rejects: " + lower(reason) + (detail.isEmpty() ? "" : " (" + detail + ")");
    };
  }

  /** The trace in words; null for what only makes noise. */
  static String trace(TraceRecord happening) {
    return switch (happening) {
      case TraceRecord.RoleChanged(var role, var term, var leader) ->
          "is %s in term %d%s"
              .formatted(
                  lower(role),
                  term,
                  role != Role.FOLLOWER ? "" : leader == 0 ? " of nobody" : " of " + leader);
      case TraceRecord.Campaigned(var term, var preVote, var transfer) ->
          "campaigns%s for term %d%s"
              .formatted(preVote ? " beforehand" : "", term, transfer ? " as it was told" : "");
      case TraceRecord.CampaignSkipped(var reason) -> "does not campaign: " + reason;
      case TraceRecord.VoteAnswered(
              var candidate,
              var term,
              var preVote,
              var granted,
              var reason) ->
          "%s %d its %s for term %d%s"
              .formatted(
                  granted ? "gives" : "refuses",
                  candidate,
                  preVote ? "pre-vote" : "vote",
                  term,
                  reason.isEmpty() ? "" : ": " + reason);
      case TraceRecord.VoteCounted(var voter, _, _, var granted, var tally) ->
          "counts %s of %d: %s".formatted(granted ? "yes" : "no", voter, lower(tally));
      case TraceRecord.QuorumLost(var term) -> "has lost its quorum in term " + term;
      case TraceRecord.AppendRejected(_, var previous, _) -> "lacks " + previous;
      case TraceRecord.LogOverwritten(var from, var last) ->
          "drops its entries %d to %d".formatted(from, last);
      case TraceRecord.ProgressChanged(var peer, var state, var match, var next) ->
          "treats %d by %s match=%d next=%d".formatted(peer, lower(state), match, next);
      case TraceRecord.MembershipChanged(var membership) -> "has " + membership;
      case TraceRecord.MembershipRefused(var index, var reason) ->
          "refuses the change at %d: %s".formatted(index, reason);
      case TraceRecord.SnapshotAccepted(var position) -> "takes the snapshot " + position;
      case TraceRecord.SnapshotIgnored(var position, var reason) ->
          "ignores the snapshot %s: %s".formatted(position, reason);
      case TraceRecord.ClaimChanged(var claim, var reason) -> claim(claim) + ": " + reason;
      case TraceRecord.TailInquired(var term, var beforehand) ->
          "asks all voters what they have%s in term %d"
              .formatted(beforehand ? ", beforehand," : "", term);
      case TraceRecord.TailUndecided(var reason) -> "cannot conclude: " + reason;
      case TraceRecord.DivergenceSeen(var member, var index) ->
          "sees that the state of %d at %d is wrong".formatted(member, index);
      case TraceRecord.DiskPaceChanged(var slow, var age) ->
          slow ? "has a slow disk: %d ticks".formatted(age) : "has a quick disk again";
      case TraceRecord.AmnesiaSeen(var peer, var acknowledged, var last) ->
          "sees that %d acknowledged %d and has %d".formatted(peer, acknowledged, last);
      case TraceRecord.TransferStarted(var target) -> "begins to hand over to " + target;
      case TraceRecord.TransferEnded(var target, var reason) ->
          "gives up handing over to %d: %s".formatted(target, reason);
      case TraceRecord.MessageIgnored(var message, var reason) ->
          "ignores %s: %s".formatted(message(message), reason);
    };
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
