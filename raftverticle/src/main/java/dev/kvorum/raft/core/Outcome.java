package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.Entry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one step asks the world to do. The machine uses one object again and again: read it before
 * the next step, and copy a list that must live longer. Everything in the lists is immutable.
 *
 * <p>No order among the parts has to be kept. In particular every message here may go at once:
 * those that must wait for the disk come out of the step that learns of the disk's completion.
 */
public final class Outcome {
  final List<Message> messages = new ArrayList<>();
  final List<ReadReady> reads = new ArrayList<>();
  final List<EntryRead> entryReads = new ArrayList<>();
  final List<SnapshotRequest> snapshotRequests = new ArrayList<>();
  final List<TraceRecord> trace = new ArrayList<>();
  final List<Finding> findings = new ArrayList<>();
  @Nullable Persist persist;
  List<Entry> committed = List.of();
  @Nullable ProposalResult proposal;
  @Nullable Standing standing;

  private final List<Message> messagesView = Collections.unmodifiableList(messages);
  private final List<ReadReady> readsView = Collections.unmodifiableList(reads);
  private final List<EntryRead> entryReadsView = Collections.unmodifiableList(entryReads);
  private final List<SnapshotRequest> snapshotRequestsView =
      Collections.unmodifiableList(snapshotRequests);
  private final List<TraceRecord> traceView = Collections.unmodifiableList(trace);
  private final List<Finding> findingsView = Collections.unmodifiableList(findings);

  Outcome() {}

  /** Forgets the last step. Nothing is touched that is empty already: an idle step is cheap. */
  void clear() {
    clear(messages);
    clear(reads);
    clear(entryReads);
    clear(snapshotRequests);
    clear(trace);
    clear(findings);
    persist = null;
    committed = List.of();
    proposal = null;
    standing = null;
  }

  private static void clear(List<?> list) {
    if (!list.isEmpty()) {
      list.clear();
    }
  }

  /** To send at once, each on its {@link Message#lane}. */
  public List<Message> messages() {
    return messagesView;
  }

  /** To make durable, or null. */
  public @Nullable Persist persist() {
    return persist;
  }

  /**
   * Committed entries to apply, right after those handed out before. They are durable in this
   * member's own journal.
   */
  public List<Entry> committed() {
    return committed;
  }

  /** Readers who may read once the named index is applied. */
  public List<ReadReady> reads() {
    return readsView;
  }

  /** What became of the proposal that was the event, or null if it was none. */
  public @Nullable ProposalResult proposal() {
    return proposal;
  }

  /** Role, term and leader if any of them changed, else null. */
  public @Nullable Standing standing() {
    return standing;
  }

  /** Entries wanted from the journal. */
  public List<EntryRead> entryReads() {
    return entryReadsView;
  }

  /** Peers who need a snapshot. */
  public List<SnapshotRequest> snapshotRequests() {
    return snapshotRequestsView;
  }

  /** What was decided, and why. */
  public List<TraceRecord> trace() {
    return traceView;
  }

  /** What the machine cannot put right by itself. */
  public List<Finding> findings() {
    return findingsView;
  }

  /** Whether the step asks for nothing. */
  public boolean isEmpty() {
    return messages.isEmpty()
        && persist == null
        && committed.isEmpty()
        && reads.isEmpty()
        && proposal == null
        && standing == null
        && entryReads.isEmpty()
        && snapshotRequests.isEmpty()
        && findings.isEmpty();
  }
}
