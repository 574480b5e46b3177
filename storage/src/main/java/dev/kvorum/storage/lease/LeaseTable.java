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
 * <p>A lease without keys costs about 20 bytes and owns no object, one with keys 8 more; beside that
 * there is a node for each attached key. A key is attached to at most one lease (contract S4.3).
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
  private final SecondsColumn ttlSeconds = new SecondsColumn();

  /** What the last checkpoint said, 0 without one. */
  private final SecondsColumn remainingSeconds = new SecondsColumn();

  private final IntColumn attachedCounts = new IntColumn();
  private final Pages<@Nullable Attachment[]> firstAttached =
      new Pages<>(Attachment[][]::new);
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
    ttlSeconds.set(slot, ttl);
    remainingSeconds.set(slot, remaining);
    attachedCounts.set(slot, 0);
    setFirst(slot, null);
  }

  /** The time for which the lease was granted; the lease exists. */
  public long ttlSeconds(long id) {
    return ttlSeconds.get(slot(id));
  }

  /** The lease, which exists, as the backend keeps it. */
  public LeaseRecord record(long id) {
    var slot = slot(id);
    return new LeaseRecord(id, ttlSeconds.get(slot), remainingSeconds.get(slot));
  }

  /** Notes what remains of the lease, which exists; 0 stands for all of it. */
  public void checkpoint(long id, long remaining) {
    remainingSeconds.set(slot(id), remaining);
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
    var first = first(slot);
    attachment.next = first;
    if (first != null) {
      first.previous = attachment;
    }
    setFirst(slot, attachment);
    attachedCounts.add(slot, 1);
  }

  private void unlink(Attachment attachment) {
    var slot = slot(attachment.lease);
    var previous = attachment.previous;
    var next = attachment.next;
    if (previous == null) {
      setFirst(slot, next);
    } else {
      previous.next = next;
    }
    if (next != null) {
      next.previous = previous;
    }
    attachedCounts.add(slot, -1);
  }

  /** How many keys are attached, 0 for a lease that does not exist. */
  public int attachedCount(long id) {
    var slot = ids.find(id);
    return slot < 0 ? 0 : attachedCounts.get(slot);
  }

  /** The attached keys in key order, none for a lease that does not exist. */
  public List<Bytes> attachedKeys(long id) {
    var slot = ids.find(id);
    if (slot < 0) {
      return List.of();
    }
    var keys = new ArrayList<Bytes>(attachedCounts.get(slot));
    for (var each = first(slot); each != null; each = each.next) {
      keys.add(each.key);
    }
    keys.sort(null);
    return keys;
  }

  /** Forgets a lease that exists and has no key any more. */
  public void remove(long id) {
    var slot = ids.remove(id);
    InvariantViolation.check(attachedCounts.get(slot) == 0, "a lease goes after its keys");
  }

  /** Visits every lease, in no particular order. */
  public void forEach(Visitor visitor) {
    var live = new boolean[ids.slotLimit()];
    Arrays.fill(live, true);
    ids.forEachFree(slot -> live[slot] = false);
    for (var slot = 0; slot < live.length; slot++) {
      if (live[slot]) {
        visitor.visit(ids.id(slot), ttlSeconds.get(slot), remainingSeconds.get(slot));
      }
    }
  }

  /**
   * What the leases occupy in memory, but not their keys: a key's attachment belongs to the key.
   */
  public long sizeBytes() {
    return ids.sizeBytes()
        + ttlSeconds.sizeBytes()
        + remainingSeconds.sizeBytes()
        + attachedCounts.sizeBytes()
        + firstAttached.sizeBytes(Integer.BYTES);
  }

  private @Nullable Attachment first(int slot) {
    var page = firstAttached.at(slot);
    return page == null ? null : page[Pages.within(slot)];
  }

  private void setFirst(int slot, @Nullable Attachment first) {
    var page = firstAttached.at(slot);
    if (page == null) {
      if (first == null) {
        return;
      }
      page = firstAttached.put(slot, new @Nullable Attachment[Pages.SLOTS]);
    }
    page[Pages.within(slot)] = first;
  }

  private int slot(long id) {
    var slot = ids.find(id);
    InvariantViolation.check(slot >= 0, "the lease exists");
    return slot;
  }
}
