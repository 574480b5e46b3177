package dev.kvorum.storage.lease;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The replicated part of leases: which exist, for how long they were granted, what a checkpoint
 * said remained, and which keys are attached. It changes by log entries alone and knows no time.
 *
 * <p>About 40 bytes a lease, and beside that a node for each attached key. A key is attached to at
 * most one lease (contract S4.3).
 */
public final class LeaseTable {
  /** An attached key, linked with the other keys of its lease. */
  private static final class Attachment {
    private final Bytes key;
    private final long lease;
    private @Nullable Attachment previous;
    private @Nullable Attachment next;

    Attachment(Bytes key, long lease) {
      this.key = key;
      this.lease = lease;
    }
  }

  /** Sees every lease once. */
  @FunctionalInterface
  public interface Visitor {
    void visit(long id, long ttlSeconds, long remainingSeconds);
  }

  private final LeaseIds ids = new LeaseIds();
  private long[] ttlSeconds = new long[ids.capacity()];

  /** What the last checkpoint said, 0 without one. */
  private long[] remainingSeconds = new long[ids.capacity()];

  private int[] attachedCount = new int[ids.capacity()];
  private @Nullable Attachment[] firstAttached = new @Nullable Attachment[ids.capacity()];
  private final Map<Bytes, Attachment> attachments = new HashMap<>();

  /** How many leases there are. */
  public int size() {
    return ids.size();
  }

  public boolean contains(long id) {
    return ids.find(id) >= 0;
  }

  /** Adds a lease that does not exist yet. */
  public void add(long id, long ttl, long remaining) {
    InvariantViolation.check(!contains(id), "a lease is granted once");
    var slot = ids.add(id);
    if (ttlSeconds.length < ids.capacity()) {
      ttlSeconds = Arrays.copyOf(ttlSeconds, ids.capacity());
      remainingSeconds = Arrays.copyOf(remainingSeconds, ids.capacity());
      attachedCount = Arrays.copyOf(attachedCount, ids.capacity());
      firstAttached = Arrays.copyOf(firstAttached, ids.capacity());
    }
    ttlSeconds[slot] = ttl;
    remainingSeconds[slot] = remaining;
    attachedCount[slot] = 0;
    firstAttached[slot] = null;
  }

  /** The time for which the lease was granted; the lease exists. */
  public long ttlSeconds(long id) {
    return ttlSeconds[slot(id)];
  }

  /** The lease, which exists, as the backend keeps it. */
  public LeaseRecord record(long id) {
    var slot = slot(id);
    return new LeaseRecord(id, ttlSeconds[slot], remainingSeconds[slot]);
  }

  /** Notes what remains of the lease, which exists; 0 stands for all of it. */
  public void checkpoint(long id, long remaining) {
    remainingSeconds[slot(id)] = remaining;
  }

  /**
   * Attaches the key to the lease, or to none when that is 0, and detaches it from the one before.
   * A lease that does not exist counts as none.
   */
  public void attach(Bytes key, long lease) {
    if (lease == 0 && attachments.isEmpty()) {
      return;
    }
    var before = attachments.get(key);
    if (before != null) {
      if (before.lease == lease) {
        return;
      }
      attachments.remove(key);
      unlink(before);
    }
    var slot = lease == 0 ? -1 : ids.find(lease);
    if (slot < 0) {
      return;
    }
    // The key may be a window on a record that would otherwise be kept alive.
    var attachment = new Attachment(key.compact(), lease);
    attachments.put(attachment.key, attachment);
    var first = firstAttached[slot];
    attachment.next = first;
    if (first != null) {
      first.previous = attachment;
    }
    firstAttached[slot] = attachment;
    attachedCount[slot]++;
  }

  private void unlink(Attachment attachment) {
    var slot = slot(attachment.lease);
    var previous = attachment.previous;
    var next = attachment.next;
    if (previous == null) {
      firstAttached[slot] = next;
    } else {
      previous.next = next;
    }
    if (next != null) {
      next.previous = previous;
    }
    attachedCount[slot]--;
  }

  /** How many keys are attached, 0 for a lease that does not exist. */
  public int attachedCount(long id) {
    var slot = ids.find(id);
    return slot < 0 ? 0 : attachedCount[slot];
  }

  /** The attached keys in key order, none for a lease that does not exist. */
  public List<Bytes> attachedKeys(long id) {
    var slot = ids.find(id);
    if (slot < 0) {
      return List.of();
    }
    var keys = new ArrayList<Bytes>(attachedCount[slot]);
    for (var each = firstAttached[slot]; each != null; each = each.next) {
      keys.add(each.key);
    }
    keys.sort(null);
    return keys;
  }

  /** Forgets a lease that exists and has no key any more. */
  public void remove(long id) {
    var slot = ids.remove(id);
    InvariantViolation.check(attachedCount[slot] == 0, "a lease goes after its keys");
  }

  /** Visits every lease, in no particular order. */
  public void forEach(Visitor visitor) {
    var live = new boolean[ids.slotLimit()];
    Arrays.fill(live, true);
    ids.forEachFree(slot -> live[slot] = false);
    for (var slot = 0; slot < live.length; slot++) {
      if (live[slot]) {
        visitor.visit(ids.id(slot), ttlSeconds[slot], remainingSeconds[slot]);
      }
    }
  }

  private int slot(long id) {
    var slot = ids.find(id);
    InvariantViolation.check(slot >= 0, "the lease exists");
    return slot;
  }
}
