package dev.kvorum.raft.stage;

import dev.kvorum.raft.core.Message;
import dev.kvorum.raft.core.RaftEvent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The last 65,536 events of one member's Raft, in four numbers each: what is left for whoever looks
 * into a violated invariant. The machine is deterministic, so its events tell everything. Nothing
 * is allocated per event; 2 MiB in all.
 *
 * <pre>
 *   word 0   number of the event, from 0, shifted left by 8; the kind in the low byte
 *   word 1   sender of a message; else what the kind says below
 *   word 2   term of a message
 *   word 3   index of a message
 * </pre>
 *
 * <p>One thread records. Another one may read when the process is about to end; what it sees of the
 * very last event may then be incomplete.
 */
public final class EventRing {
  private static final int RECORDS = 65_536;
  private static final int WORDS = 4;
  private static final int FIRST_MESSAGE = 32;
  private static final long MAGIC = 0x6b766f72756d4652L;

  /** By kind; from {@link #FIRST_MESSAGE} on by the message's place in {@link #MESSAGES}. */
  private static final String[] EVENTS = {
    "tick",
    "propose count",
    "change-membership steps",
    "persisted sequence/term/index",
    "applied index",
    "membership-applied index",
    "read token",
    "state-hashed index",
    "journal-unreadable index",
    "transfer to",
    "campaign",
    "forget-leader",
    "unreachable peer",
    "snapshot-reported peer/index/delivered",
    "compact-log index",
    "entries-read reader/from/count"
  };

  private static final String[] MESSAGES = {
    "pre-vote-request",
    "vote-request",
    "vote-response",
    "append",
    "append-response",
    "heartbeat",
    "heartbeat-response",
    "install-snapshot",
    "forwarded-proposal",
    "read-index-request",
    "read-index-response",
    "transfer-request",
    "timeout-now",
    "damage-notice",
    "cure-notice",
    "tail-inquiry",
    "tail-report",
    "divergence-notice"
  };

  private final long[] ring = new long[RECORDS * WORDS];
  private long count;

  /** Takes an event down, before the machine sees it. */
  void record(RaftEvent event) {
    switch (event) {
      case RaftEvent.Tick _ -> put(0, 0, 0, 0);
      case RaftEvent.Propose(var commands) -> put(1, commands.size(), 0, 0);
      case RaftEvent.ChangeMembership(var change) -> put(2, change.steps().size(), 0, 0);
      case RaftEvent.Persisted(var sequence, var last) ->
          put(3, sequence, last.term(), last.index());
      case RaftEvent.Applied(var index) -> put(4, index, 0, 0);
      case RaftEvent.MembershipApplied(var index, _) -> put(5, index, 0, 0);
      case RaftEvent.ReadRequest(var token) -> put(6, token, 0, 0);
      case RaftEvent.StateHashed(var hash) -> put(7, hash.index(), hash.high(), hash.low());
      case RaftEvent.JournalUnreadable(var index) -> put(8, index, 0, 0);
      case RaftEvent.TransferLeadership(var target) -> put(9, target, 0, 0);
      case RaftEvent.Campaign _ -> put(10, 0, 0, 0);
      case RaftEvent.ForgetLeader _ -> put(11, 0, 0, 0);
      case RaftEvent.Unreachable(var peer) -> put(12, peer, 0, 0);
      case RaftEvent.SnapshotReported(var peer, var index, var delivered) ->
          put(13, peer, index, delivered ? 1 : 0);
      case RaftEvent.CompactLog(var index) -> put(14, index, 0, 0);
      case RaftEvent.EntriesRead(var reader, var from, var entries) ->
          put(15, reader, from, entries.size());
      case RaftEvent.Receive(var message) -> record(message);
    }
  }

  private void record(Message message) {
    switch (message) {
      case Message.VoteRequest m -> put(m, m.preVote() ? 0 : 1, m.last().index());
      case Message.VoteResponse m -> put(m, 2, m.granted() ? 1 : 0);
      case Message.Append m -> put(m, 3, m.previous().index());
      case Message.AppendResponse m -> put(m, 4, m.rejected() ? -m.index() : m.index());
      case Message.Heartbeat m -> put(m, 5, m.commit());
      case Message.HeartbeatResponse m -> put(m, 6, m.readRound());
      case Message.InstallSnapshot m -> put(m, 7, m.position().index());
      case Message.ForwardedProposal m -> put(m, 8, m.payloads().size());
      case Message.ReadIndexRequest m -> put(m, 9, m.ticket());
      case Message.ReadIndexResponse m -> put(m, 10, m.index());
      case Message.TransferRequest m -> put(m, 11, m.target());
      case Message.TimeoutNow m -> put(m, 12, 0);
      case Message.DamageNotice m -> put(m, 13, m.acknowledged().index());
      case Message.CureNotice m -> put(m, 14, m.index());
      case Message.TailInquiry m -> put(m, 15, m.beforehand() ? 1 : 0);
      case Message.TailReport m -> put(m, 16, m.last().index());
      case Message.DivergenceNotice m -> put(m, 17, m.index());
    }
  }

  private void put(Message message, int kind, long index) {
    put(FIRST_MESSAGE + kind, message.from(), message.term(), index);
  }

  private void put(int kind, long one, long two, long three) {
    var at = (int) (count % RECORDS) * WORDS;
    ring[at] = count << 8 | kind;
    ring[at + 1] = one;
    ring[at + 2] = two;
    ring[at + 3] = three;
    count++;
  }

  /**
   * Everything there is, oldest first: a magic number, how many events there were in all, then the
   * words of each event that is left; all big-endian.
   */
  public byte[] dump() {
    var kept = (int) Math.min(count, RECORDS);
    var buffer = ByteBuffer.allocate(Long.BYTES * (2 + kept * WORDS)).putLong(MAGIC).putLong(count);
    for (var number = count - kept; number < count; number++) {
      var at = (int) (number % RECORDS) * WORDS;
      for (var word = 0; word < WORDS; word++) {
        buffer.putLong(ring[at + word]);
      }
    }
    return buffer.array();
  }

  /** The events of a {@link #dump}, as people read them. */
  public static List<String> read(byte[] dump) {
    var buffer = ByteBuffer.wrap(dump);
    if (dump.length < 2 * Long.BYTES || buffer.getLong() != MAGIC) {
      throw new IllegalArgumentException("not a flight recorder's dump");
    }
    buffer.getLong();
    var lines = new ArrayList<String>();
    while (buffer.remaining() >= WORDS * Long.BYTES) {
      var head = buffer.getLong();
      var kind = (int) (head & 0xff);
      var name =
          kind < FIRST_MESSAGE ? EVENTS[kind] : MESSAGES[kind - FIRST_MESSAGE] + " from/term/index";
      lines.add(
          "%d %s %d %d %d"
              .formatted(head >>> 8, name, buffer.getLong(), buffer.getLong(), buffer.getLong()));
    }
    return lines;
  }
}
