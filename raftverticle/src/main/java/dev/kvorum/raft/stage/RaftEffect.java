package dev.kvorum.raft.stage;

import dev.kvorum.raft.core.Finding;
import dev.kvorum.raft.core.Message;
import dev.kvorum.raft.core.SnapshotInstall;
import dev.kvorum.raft.core.SnapshotRequest;
import dev.kvorum.raft.core.TraceRecord;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.journal.LogRange;
import dev.kvorum.storage.journal.disk.DiskFault;
import dev.kvorum.storage.model.Failure;
import java.util.List;

/** What the Raft stage wants done, in this order. */
public sealed interface RaftEffect {
  /** Apply these entries next; they are committed, and durable in this member's own journal. */
  record Commit(List<Entry> entries) implements RaftEffect {}

  /** These proposals did not enter the log. */
  record Refuse(int loop, long firstRequestId, int count, Failure failure) implements RaftEffect {}

  /** A front end's read round may run once the index is applied. */
  record ConfirmRead(int loop, long round, long index) implements RaftEffect {}

  /** Send to a peer. */
  record Send(Message message) implements RaftEffect {}

  /** Read entries back from the journal and hand them to {@link RaftStage#entriesRead}. */
  record ReadEntries(long reader, long from, LogRange range, long maxBytes) implements RaftEffect {}

  /** Stream a snapshot to a peer. */
  record SendSnapshot(SnapshotRequest request) implements RaftEffect {}

  /**
   * Replace the store by this snapshot, whose file is in place and behind which the journal begins
   * now; then call {@link RaftStage#snapshotInstalled}. Comes after every {@link Commit} that the
   * old state may still apply.
   */
  record InstallSnapshot(SnapshotInstall snapshot) implements RaftEffect {}

  /** The mark of this snapshot is durable: older snapshot files may go. */
  record DropSnapshotsBelow(EntryId position) implements RaftEffect {}

  /** The log on disk has grown enough: write a full snapshot file in the background. */
  record TakeSnapshot() implements RaftEffect {}

  /** The disk is nearly full and the ballast is used up: raise the space alarm (P15). */
  record DiskLow(DiskFault fault) implements RaftEffect {}

  /** The disk is full: acknowledge nothing, try {@link RaftStage#retrySpace} each second. */
  record DiskFull(DiskFault fault) implements RaftEffect {}

  /** After {@link DiskFull}: there is space again. */
  record DiskHasSpace() implements RaftEffect {}

  /** The disk failed for good: stop the process now (P9). */
  record Halt(DiskFault fault) implements RaftEffect {}

  /** Something that the machine cannot put right by itself (P7, P14). */
  record Found(Finding finding) implements RaftEffect {}

  /** What the core decided, and why. */
  record Trace(TraceRecord record) implements RaftEffect {}

  /** Lets everybody know of a new term, leader or commit index. */
  record Publish(RaftStatus status) implements RaftEffect {}
}
