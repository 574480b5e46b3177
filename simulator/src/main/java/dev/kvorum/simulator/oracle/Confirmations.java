package dev.kvorum.simulator.oracle;

import dev.kvorum.raft.core.Message;
import dev.kvorum.simulator.world.WrongException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * A linearizable read is confirmed only when a quorum has heard the leader since it was asked:
 * otherwise there may have been another leader, and writes that this one knows nothing of. Stale
 * answers are seldom seen, because somebody has to write meanwhile; that nobody was asked is
 * always.
 */
public final class Confirmations extends ClusterObserver {
  private static final int MAX_MEMBERS = 64;

  /** Terms whose leaders may still be believed in by somebody. */
  private static final int KEPT_TERMS = 8;

  /** By term, when each member heard its leader last; -1 for never. */
  private final TreeMap<Long, long[]> heard = new TreeMap<>();

  private record Round(int member, long number) {}

  /** When a round was asked for; looked up only. */
  private final Map<Round, Long> asked = new HashMap<>();

  @Override
  public void received(int member, Message message) {
    if (message instanceof Message.Heartbeat heartbeat) {
      var times = heard.get(heartbeat.term());
      if (times == null) {
        times = new long[MAX_MEMBERS];
        Arrays.fill(times, -1);
        // Who leads hears itself.
        times[(int) heartbeat.from() - 1] = Long.MAX_VALUE;
        heard.put(heartbeat.term(), times);
        if (heard.size() > KEPT_TERMS) {
          heard.pollFirstEntry();
        }
      }
      times[member] = Math.max(times[member], cluster().now());
    }
  }

  @Override
  public void asksRound(int member, long round) {
    asked.put(new Round(member, round), cluster().now());
  }

  @Override
  public void confirmsRound(int member, long round) {
    var since = asked.remove(new Round(member, round));
    if (since == null) {
      return;
    }
    for (var times : heard.values()) {
      if (cluster().isQuorum(member, each -> times[each] >= since)) {
        return;
      }
    }
    var membership = cluster().membership(member);
    var alone = membership != null && membership.isLoneVoter(cluster().memberId(member));
    if (!alone) {
      throw new WrongException(
          "a read is confirmed by a quorum that was asked for it",
          "member %d, round %d, asked at %d ns".formatted(member, round, since));
    }
  }
}
