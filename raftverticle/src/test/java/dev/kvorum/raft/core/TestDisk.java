package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.vote.Claim;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * A member's disk: what is durable, and the writes that are on their way in the order they were
 * given. A crash keeps any prefix of those, cut anywhere between two entries.
 */
final class TestDisk {
  HardState hardState;
  Claim claim = new Claim.Sound();

  /** The snapshot that the log begins after. */
  StoreState base;

  /** The entries after the base. */
  final List<Entry> log = new ArrayList<>();

  final ArrayDeque<Persist> pending = new ArrayDeque<>();

  /** Snapshots that have arrived and are not yet installed, by position. */
  final List<StoreState> received = new ArrayList<>();

  TestDisk(HardState hardState, StoreState base) {
    this.hardState = hardState;
    this.base = base;
  }

  long lastIndex() {
    return base.position().index() + log.size();
  }

  /** Entry at an index above the base. */
  Entry get(long index) {
    return log.get((int) (index - base.position().index() - 1));
  }

  /** Makes the oldest write durable and tells so. */
  RaftEvent.Persisted completeOne() {
    var persist = pending.removeFirst();
    write(persist, persist.entries().size());
    return new RaftEvent.Persisted(persist.sequence(), persist.last());
  }

  private void write(Persist persist, int entries) {
    var newHardState = persist.hardState();
    if (newHardState != null) {
      var twice =
          newHardState.term() == hardState.term()
              && hardState.vote() != 0
              && newHardState.vote() != hardState.vote();
      if (twice || newHardState.term() < hardState.term()) {
        throw new AssertionError("a vote is taken back: " + hardState + ", then " + newHardState);
      }
      hardState = newHardState;
    }
    hardState = new HardState(hardState.term(), hardState.vote(), persist.commit());
    var newClaim = persist.claim();
    if (newClaim != null) {
      claim = newClaim;
    }
    var snapshot = persist.snapshot();
    if (snapshot != null) {
      base =
          received.stream()
              .filter(state -> state.position().equals(snapshot.position()))
              .findFirst()
              .orElseThrow();
      log.clear();
    }
    if (entries > 0) {
      var first = persist.entries().getFirst().index();
      if (first <= base.position().index() || first > lastIndex() + 1) {
        throw new AssertionError("a gap on disk at " + first + " after " + lastIndex());
      }
      truncateTo(first - 1);
      log.addAll(persist.entries().subList(0, entries));
    }
  }

  /** Whether the disk has what a log with this entry has up to it. */
  boolean has(EntryId id) {
    return id.index() <= base.position().index()
        || (id.index() <= lastIndex() && get(id.index()).term() == id.term());
  }

  /** Forgets all entries above the index. */
  void truncateTo(long index) {
    log.subList((int) (index - base.position().index()), log.size()).clear();
  }

  /** Loses power: so many writes on their way are there, and of the next so many entries. */
  void crash(int wholeWrites, int entriesOfNext) {
    for (var i = 0; i < wholeWrites; i++) {
      completeOne();
    }
    if (!pending.isEmpty()) {
      var next = pending.getFirst();
      if (entriesOfNext > 0) {
        write(next, Math.min(entriesOfNext, next.entries().size()));
        // The commit hint stands in the batch's header; no batch, no hint.
        hardState =
            new HardState(
                hardState.term(), hardState.vote(), Math.min(hardState.commit(), lastIndex()));
      }
    }
    pending.clear();
    received.clear();
  }

  /** The log begins after this state from now on. */
  void compact(StoreState state) {
    log.subList(0, (int) (state.position().index() - base.position().index())).clear();
    base = state;
  }

  /** Reads durable entries, as the journal would for somebody who is behind. */
  List<Entry> read(EntryRead read) {
    var entries = new ArrayList<Entry>();
    var bytes = 0L;
    for (var index = read.from();
        index > base.position().index() && index <= Math.min(read.to(), lastIndex());
        index++) {
      var entry = get(index);
      bytes += entry.payload().size();
      if (!entries.isEmpty() && bytes > read.maxBytes()) {
        break;
      }
      entries.add(entry);
    }
    return entries;
  }
}
