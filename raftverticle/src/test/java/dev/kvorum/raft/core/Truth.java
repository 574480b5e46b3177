package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What really happened in a random cluster, as nobody in it knows it, and what must be true of it.
 */
final class Truth {
  private record PendingRead(long member, long incarnation, long floor) {}

  private final Map<Long, Long> leaders = new HashMap<>();
  private final Map<Long, Entry> committed = new HashMap<>();
  private final Map<Long, Long> hashes = new HashMap<>();
  private final Map<Long, PendingRead> pendingReads = new HashMap<>();
  private long highestCommitted = 1;
  private long nextToken = 1;

  long highestCommitted() {
    return highestCommitted;
  }

  /** Election safety and leader completeness (Raft paper, figure 3). */
  void leads(TestMember member, long term) {
    var other = leaders.putIfAbsent(term, member.id);
    if (other != null && other != member.id) {
      throw new AssertionError("two leaders in term " + term);
    }
    var base = member.core.logBase().index();
    for (var entry : committed.values()) {
      var lacks = entry.index() > base && !member.core.has(EntryId.of(entry));
      if (lacks && entry.term() < term) {
        throw new AssertionError("the leader of term " + term + " lacks " + entry);
      }
    }
  }

  /** Log matching (Raft paper, figure 3): logs that agree on an entry agree on all before it. */
  static void logsMatch(TestDisk one, TestDisk other) {
    var from = Math.max(one.base.position().index(), other.base.position().index()) + 1;
    var agree = false;
    for (var index = Math.min(one.lastIndex(), other.lastIndex()); index >= from; index--) {
      agree |= one.get(index).term() == other.get(index).term();
      if (agree && !one.get(index).equals(other.get(index))) {
        throw new AssertionError("logs part before an entry that both have: " + one.get(index));
      }
    }
  }

  /**
   * What a leader commits is of its own term and on the disks of a quorum, of both halves of a
   * joint configuration. Nobody in the cluster sees all disks; here they are seen.
   */
  static void leaderCommits(TestMember leader, Collection<TestMember> members) {
    var commit = new EntryId(leader.core.term(), leader.core.commitIndex());
    if (!leader.core.has(commit)) {
      throw new AssertionError("committed by counting, in an earlier term: " + commit.index());
    }
    var membership = leader.core.membership();
    for (var half : List.of(membership.voters(), membership.votersOutgoing())) {
      var having =
          members.stream()
              .filter(member -> half.contains(member.id) && member.disk.has(commit))
              .count();
      if (!half.isEmpty() && having < Quorum.size(half.size())) {
        throw new AssertionError(
            "committed " + commit + " on the disks of " + having + " of " + half);
      }
    }
  }

  /** State machine safety (Raft paper, figure 3). */
  void commits(Entry entry) {
    var first = committed.putIfAbsent(entry.index(), entry);
    if (first != null && !first.equals(entry)) {
      throw new AssertionError("committed twice: " + first + " and " + entry);
    }
    highestCommitted = Math.max(highestCommitted, entry.index());
  }

  void applies(StoreState state) {
    var hash = hashes.putIfAbsent(state.position().index(), state.hash());
    if (hash != null && hash != state.hash()) {
      throw new AssertionError("states differ at " + state.position());
    }
  }

  /** A reader asks; returns its token. */
  long asks(TestMember member) {
    var token = nextToken++;
    pendingReads.put(token, new PendingRead(member.id, member.incarnation, highestCommitted));
    return token;
  }

  void answers(TestMember member, ReadReady ready) {
    var read = pendingReads.remove(ready.token());
    if (read == null || read.member() != member.id) {
      throw new AssertionError("answer to a reader who did not ask: " + ready);
    }
    if (read.incarnation() != member.incarnation || ready.index() < read.floor()) {
      throw new AssertionError("stale read: " + ready + " but " + read);
    }
  }
}
