package dev.kvorum.raft.core;

import java.util.List;

/** What only a person, or the shell around the machine, can put right. Reported once each. */
public sealed interface Finding {
  /** What to tell a person. */
  String message();

  /**
   * A quorum acknowledged entries that it has lost, and nobody has them: they may have been
   * committed, so nobody may lead (rule P7). The member goes on answering the others and does
   * nothing else.
   *
   * @param fromIndex the first index lost
   * @param toIndex the last one that a quorum acknowledged, {@link Long#MAX_VALUE} if nothing tells
   * @param members who lost them
   */
  record TailLost(long fromIndex, long toIndex, List<Long> members) implements Finding {
    public TailLost {
      members = List.copyOf(members);
    }

    @Override
    public String message() {
      var range =
          toIndex == Long.MAX_VALUE
              ? "entries from index " + fromIndex + " on"
              : "entries " + fromIndex + " to " + toIndex;
      return ("%s may have been committed and are lost on members %s, which are a quorum; no member"
              + " has them. Nobody will lead. Restore a backup, or give the entries up for good"
              + " with 'kvorum repair --discard-from %d' on each of these members")
          .formatted(range, members.stream().map(Long::toHexString).toList().toString(), fromIndex);
    }
  }

  /**
   * This member's state is not what a majority has at the index (rule P14). Stop serving, put the
   * state store into quarantine, and start again from a snapshot and the log, or from a peer.
   */
  record StateDiverged(long index) implements Finding {
    @Override
    public String message() {
      return "the state at index %d differs from what a majority has; it is rebuilt"
          .formatted(index);
    }
  }

  /**
   * The journal does not give back an entry that it was given (rule P10). Start again: the scan at
   * the start tells what is lost, and the claim (P5) what follows from it.
   */
  record JournalUnreadable(long index) implements Finding {
    @Override
    public String message() {
      return "the journal cannot be read from index %d on; it is examined anew".formatted(index);
    }
  }

  /**
   * The members who told their state at the index differ and no majority has the same (rule P14):
   * nobody knows who is right. Raise the CORRUPT alarm.
   */
  record NoMajority(long index) implements Finding {
    @Override
    public String message() {
      return "the members' states at index %d differ and no majority agrees".formatted(index);
    }
  }
}
