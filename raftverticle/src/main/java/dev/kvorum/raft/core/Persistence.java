package dev.kvorum.raft.core;

import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * What is on its way to the disk, and the messages that wait for it. Two rules live here.
 *
 * <p><b>A message never says more than the disk knows.</b> Each message has a barrier, the sequence
 * of the persist that must be complete before it goes. A message in a term waits until that term
 * (and the vote in it) is durable; an acknowledgement of entries waits until all entries handed to
 * the disk so far are. So the world outside has nothing to remember and nothing to get wrong.
 *
 * <p><b>A completion proves only what still stands in the log</b> (the ABA problem):
 *
 * <ol>
 *   <li>Term 1's leader sends entry 1/12; persist 7 carries it.
 *   <li>Term 2's leader overwrites it with 2/12; persist 8 carries that.
 *   <li>Term 3's leader, who has 1/12, overwrites again with 1/12; persist 9 carries it.
 *   <li>Persist 7 completes. The log has 1/12, and 1/12 was written. But the disk is about to
 *       replace it with 2/12; a crash then would lose an acknowledged entry.
 * </ol>
 *
 * So what a persist proves is lowered the moment the log is overwritten: 7 proves index 11 and no
 * more, whatever comes later.
 */
final class Persistence {
  private static final class Pending {
    private final long sequence;
    private final EntryId last;
    private final boolean installs;

    /** The highest index of the log as it is now that this persist makes durable. */
    private long proves;

    /** When it was given to the disk. */
    private final long madeTick;

    private Pending(long sequence, EntryId last, boolean installs, long proves, long madeTick) {
      this.sequence = sequence;
      this.last = last;
      this.installs = installs;
      this.proves = proves;
      this.madeTick = madeTick;
    }
  }

  private record Held(long barrier, Message message) {}

  private final ArrayDeque<Pending> pending = new ArrayDeque<>();
  private final List<Held> held = new ArrayList<>();
  private long made;
  private long done;

  /** Ticks since this member's start. */
  private long now;

  /** The last persist that carried a term, vote or claim. */
  private long lastWithState;

  /** The last persist that carried entries or a snapshot. */
  private long lastWithLog;

  /** What a completion made known. */
  record Completion(long provenIndex, boolean installed) {}

  /** The sequence of the next persist. */
  long nextSequence() {
    return made + 1;
  }

  boolean isDone(long sequence) {
    return sequence <= done;
  }

  /** Remembers a persist that goes out with this step. */
  void made(Persist persist) {
    made++;
    InvariantViolation.check(persist.sequence() == made, "persists are numbered in order");
    if (persist.hardState() != null || persist.claim() != null) {
      lastWithState = made;
    }
    var installs = persist.snapshot() != null;
    if (installs || !persist.entries().isEmpty()) {
      lastWithLog = made;
    }
    if (installs) {
      logReplacedFrom(0);
    }
    var proves = installs || !persist.entries().isEmpty() ? persist.last().index() : 0;
    pending.addLast(new Pending(made, persist.last(), installs, proves, now));
  }

  /** The log changed at and above the index: what is under way no longer proves that part. */
  void logReplacedFrom(long index) {
    for (var persist : pending) {
      persist.proves = Math.min(persist.proves, Math.max(index - 1, 0));
    }
  }

  /** Everything up to the sequence is durable. */
  Completion complete(long sequence, EntryId last) {
    InvariantViolation.check(sequence <= made, "only what was handed out completes");
    var proven = 0L;
    var installed = false;
    while (!pending.isEmpty() && pending.getFirst().sequence <= sequence) {
      var persist = pending.removeFirst();
      InvariantViolation.check(
          persist.sequence != sequence || persist.last.equals(last),
          "the disk completes what it was given");
      proven = Math.max(proven, persist.proves);
      installed |= persist.installs;
    }
    done = Math.max(done, sequence);
    return new Completion(proven, installed);
  }

  /** Sends the message now if it may go, else when it may. */
  void send(Message message, boolean afterLog, List<Message> out) {
    var barrier = barrier(afterLog);
    if (isDone(barrier)) {
      out.add(message);
    } else {
      held.add(new Held(barrier, message));
    }
  }

  /** The persist that must be complete before a message goes. */
  private long barrier(boolean afterLog) {
    return afterLog ? Math.max(lastWithState, lastWithLog) : lastWithState;
  }

  /**
   * Lets go of the messages whose time has come. One from an earlier term is dropped: nobody in
   * this term has use for it, and an old promise is better not made.
   */
  void release(long term, List<Message> out) {
    if (held.isEmpty()) {
      return;
    }
    for (Iterator<Held> each = held.iterator(); each.hasNext(); ) {
      var candidate = each.next();
      if (isDone(candidate.barrier)) {
        each.remove();
        if (candidate.message.term() >= term) {
          out.add(candidate.message);
        }
      }
    }
  }

  /** Time has passed. */
  void tick() {
    now++;
  }

  /** How long the oldest write has been under way; 0 if there is none. */
  long oldestAgeTicks() {
    return pending.isEmpty() ? 0 : now - pending.getFirst().madeTick;
  }

  /** How many persists are under way. */
  int underWay() {
    return pending.size();
  }
}
