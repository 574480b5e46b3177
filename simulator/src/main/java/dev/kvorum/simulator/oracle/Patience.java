package dev.kvorum.simulator.oracle;

import dev.kvorum.raft.core.Message;
import dev.kvorum.raft.core.TraceRecord;
import dev.kvorum.simulator.world.WrongException;
import dev.kvorum.storage.journal.Entry;
import java.util.HashMap;
import java.util.Map;

/**
 * What concerns time and taking turns. Nothing of it endangers an entry, but a cluster that breaks
 * it is without a leader more often and longer than it must be.
 *
 * <ul>
 *   <li>Time passes a tick at a time: a process that stood still does not make up for what it
 *       missed, or its first act would be to give up a leadership, or to campaign, although nobody
 *       was silent but itself.
 *   <li>Who hears no leader campaigns, whatever else it hears.
 *   <li>Who hands over takes nothing in: it would be lost.
 * </ul>
 */
public final class Patience extends ClusterObserver {
  /** Two ticks are further apart than this part of a period; clocks may run at double speed. */
  private static final int LEAST_PART = 5;

  /** A timeout is drawn from [e, 2e) ticks; a tick more is given for what happens in a tick. */
  private static final int MOST_TIMEOUTS = 2;

  private static final int SLACK_TICKS = 2;

  /** By member; looked up only. */
  private final Map<Integer, Long> lastTicks = new HashMap<>();

  /** By member; looked up only. */
  private final Map<Integer, Long> lastTerms = new HashMap<>();

  /** By member, the ticks since it heard a leader or did something itself; looked up only. */
  private final Map<Integer, Integer> silences = new HashMap<>();

  /** By member that hands over, where its log ended when it began to; looked up only. */
  private final Map<Integer, Long> handingOver = new HashMap<>();

  @Override
  public void started(int member) {
    lastTicks.remove(member);
    silences.put(member, 0);
    handingOver.remove(member);
  }

  @Override
  public void ticked(int member) {
    var now = cluster().now();
    var before = lastTicks.put(member, now);
    var least = cluster().plan().tuning().tickNanos() / LEAST_PART;
    if (before != null && now - before < least) {
      throw new WrongException(
          "time passes a tick at a time",
          "member %d ticks %d ns after its last tick".formatted(member, now - before));
    }
    var term = cluster().term(member);
    var entersTerm = !Long.valueOf(term).equals(lastTerms.put(member, term));
    if (entersTerm || !cluster().mayLead(member)) {
      // Who enters a term waits anew, as whoever called it out may win.
      silences.put(member, 0);
      return;
    }
    var silence = silences.merge(member, 1, Integer::sum);
    var most = MOST_TIMEOUTS * cluster().plan().tuning().electionTicks() + SLACK_TICKS;
    if (silence > most) {
      throw new WrongException(
          "who hears no leader campaigns",
          "member %d has waited for %d ticks".formatted(member, silence));
    }
  }

  @Override
  public void received(int member, Message message) {
    if (message instanceof Message.Append
        || message instanceof Message.Heartbeat
        || message instanceof Message.InstallSnapshot) {
      silences.put(member, 0);
    }
  }

  @Override
  public void happened(int member, TraceRecord record) {
    switch (record) {
      case TraceRecord.RoleChanged _ -> {
        silences.put(member, 0);
        handingOver.remove(member);
      }
      case TraceRecord.Campaigned _, TraceRecord.CampaignSkipped _ -> silences.put(member, 0);
      case TraceRecord.VoteAnswered answered when answered.granted() && !answered.preVote() ->
          // It waits for its candidate from now on, and not only once its disk lets it say so.
          silences.put(member, 0);
      case TraceRecord.TransferStarted _ -> handingOver.put(member, cluster().lastIndex(member));
      case TraceRecord.TransferEnded _ -> handingOver.remove(member);
      default -> {
        // Neither time nor turns.
      }
    }
  }

  @Override
  public void said(int member, Message message) {
    switch (message) {
      case Message.VoteResponse response when response.granted() -> silences.put(member, 0);
      case Message.Append append -> {
        var end = handingOver.get(member);
        if (end != null) {
          for (var entry : append.entries()) {
            refuseProposal(member, end, entry);
          }
        }
      }
      default -> {
        // Neither time nor turns.
      }
    }
  }

  private static void refuseProposal(int member, long end, Entry entry) {
    if (entry.type() == Entry.Type.COMMAND && entry.index() > end) {
      throw new WrongException(
          "who hands over takes nothing in",
          "member %d began to hand over at %d and takes in %s".formatted(member, end, entry));
    }
  }
}
