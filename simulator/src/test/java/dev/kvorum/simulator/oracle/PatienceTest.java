package dev.kvorum.simulator.oracle;

import static dev.kvorum.simulator.oracle.Violations.assertWrong;

import dev.kvorum.raft.core.Message;
import dev.kvorum.raft.core.TraceRecord;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.model.Bytes;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class PatienceTest {
  private final FakeCluster cluster = new FakeCluster();
  private final Patience patience = new Patience();

  @BeforeEach
  void watch() {
    patience.watch(cluster);
    patience.started(0);
    tick();
  }

  private void tick() {
    cluster.now += cluster.plan.tuning().tickNanos();
    patience.ticked(0);
  }

  private void waitsFor(int ticks) {
    for (var i = 0; i < ticks; i++) {
      tick();
    }
  }

  private int longestWait() {
    return 2 * cluster.plan.tuning().electionTicks() + 2;
  }

  @Test
  void timePassesATickAtATime() {
    assertWrong(() -> patience.ticked(0), "time passes a tick at a time");
  }

  @Test
  void whoHearsNoLeaderCampaigns() {
    waitsFor(longestWait());
    assertWrong(this::tick, "who hears no leader campaigns");
  }

  @Test
  void whoHearsALeaderOrMayNotLeadWaits() {
    waitsFor(longestWait());
    patience.received(0, new Message.Heartbeat(2, 1, 1, 0, 0, 0));
    waitsFor(longestWait());
    cluster.mayLead = false;
    waitsFor(2 * longestWait());
  }

  @Test
  void whoIsAskedForVotesIsNotCalmedByIt() {
    waitsFor(longestWait());
    patience.received(0, new Message.VoteRequest(2, 1, 2, true, false, EntryId.ORIGIN));
    assertWrong(this::tick, "who hears no leader campaigns");
  }

  @Test
  void whoHandsOverTakesNothingIn() {
    cluster.lastIndex = 7;
    patience.happened(0, new TraceRecord.TransferStarted(2));
    patience.said(0, append(7));
    assertWrong(() -> patience.said(0, append(8)), "who hands over takes nothing in");
    patience.happened(0, new TraceRecord.TransferEnded(2, "it takes too long"));
    patience.said(0, append(8));
  }

  private static Message append(long index) {
    var entry = new Entry(1, index, Entry.Type.COMMAND, Bytes.EMPTY);
    return new Message.Append(1, 2, 1, new EntryId(1, index - 1), List.of(entry), 0);
  }
}
