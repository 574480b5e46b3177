package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.List;

/**
 * Handing committed entries out to the state machine: in order, each once, only what is durable in
 * this member's own journal, and no more at a time than the state machine can hold. What left
 * memory meanwhile is read back from the journal.
 *
 * <p>A leader may commit by its followers' disks before its own. Were it to apply then and crash,
 * its state machine would be ahead of its journal: neither could be trusted by the other.
 */
final class Applying {
  private final RaftState state;

  /** Batches handed out and not yet applied; bounded in bytes only. */
  private final Inflights underWay;

  /** Whether entries are being read from the journal. */
  private boolean reading;

  Applying(RaftState state) {
    this.state = state;
    underWay = new Inflights(Integer.MAX_VALUE, state.config.budgets().maxApplyingBytes());
  }

  /** The state machine has executed everything up to the index. */
  void onApplied(long index) {
    state.log.appliedTo(index);
    underWay.releaseTo(index);
  }

  /** A snapshot has taken the state machine's place. */
  void replaced() {
    underWay.clear();
  }

  /**
   * Hands out what is there, as far as the state machine keeps up. What is left over is handed out
   * in the step that learns of what was applied.
   */
  void handOut() {
    var log = state.log;
    var from = log.handedOut() + 1;
    var ready = Math.min(log.commit(), log.durable());
    var mustWait = log.installing() || underWay.isFull() || reading;
    if (from > ready || mustWait || !state.outcome.committed.isEmpty()) {
      return;
    }
    var maxBytes = state.config.budgets().maxApplyingBytes();
    if (from < log.tailFirst()) {
      reading = true;
      var to = Math.min(ready, log.tailFirst() - 1);
      state.outcome.entryReads.add(new EntryRead(state.self, from, to, maxBytes));
      return;
    }
    handOut(log.slice(from, log.endWithin(from, ready, maxBytes)));
  }

  private void handOut(List<Entry> entries) {
    var bytes = 0L;
    for (var entry : entries) {
      bytes += entry.payload().size();
    }
    var last = entries.getLast().index();
    state.log.handedOutTo(last);
    underWay.add(last, bytes);
    state.outcome.committed = entries;
  }

  /** The journal has read entries to apply. */
  void onEntriesRead(long from, List<Entry> entries) {
    reading = false;
    if (state.log.installing() || from != state.log.handedOut() + 1) {
      // A snapshot has overtaken the read.
      return;
    }
    InvariantViolation.check(!entries.isEmpty(), "the journal keeps what is not yet applied");
    state.log.checkRead(from, entries);
    handOut(entries);
  }
}
