package dev.kvorum.storage.lease;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The replicated part of leases: which exist, for how long they were granted, what a checkpoint
 * said remained, and which keys are attached. It changes by log entries alone and knows no time.
 *
 * <p>A lease without keys costs about 20 bytes and owns no object, 4 more if its client chose its
 * id, and 4 more if it has keys; beside that there are two nodes for each attached key. A key is
 * attached to at most one lease (contract S4.3).
 */
public final class LeaseTable {
  /**
   * The keys of one lease, in key order: the end of a lease with very many keys must not begin with
   * sorting them. Most leases have one key, which needs no tree.
   */
  private static final class Keys {
    private final long lease;
    private @Nullable Bytes only;
    private @Nullable TreeSet<Bytes> many;

    /**
     * Goes through the keys once their lease ends, null before: the tree is dropped with its last
     * key, and need not be in order after each.
     */
    private @Nullable Iterator<Bytes> leaving;

    /** Of {@link #leaving}, how many are gone. */
    private int left;

    /** The lease is gone, and what is attached to it counts as attached to none. */
    private boolean isLeft;

    Keys(long lease, Bytes first) {
      this.lease = lease;
      only = first;
    }

    int count() {
      return many == null ? 1 : many.size() - left;
    }

    void add(Bytes key) {
      checkStays();
      if (many == null) {
        many = new TreeSet<>();
        if (only != null) {
          many.add(only);
          only = null;
        }
      }
      many.add(key);
    }

    /** Takes a key away; whether it was the last. */
    boolean remove(Bytes key) {
      checkStays();
      return many == null || (many.remove(key) && many.isEmpty());
    }

    List<Bytes> list() {
      checkStays();
      return only == null ? List.copyOf(Objects.requireNonNull(many)) : List.of(only);
    }

    List<Bytes> list(@Nullable Bytes after, int maxKeys) {
      checkStays();
      if (only != null) {
        return after == null || only.compareTo(after) > 0 ? List.of(only) : List.of();
      }
      var all = Objects.requireNonNull(many);
      var behind = after == null ? all : all.tailSet(after, false);
      return behind.stream().limit(maxKeys).toList();
    }

    /** Takes the first keys away; the lease has no key any more if these are all. */
    List<Bytes> take(int maxKeys) {
      if (only != null) {
        return List.of(only);
      }
      var taken = new ArrayList<Bytes>(Math.min(maxKeys, count()));
      var rest = leaving == null ? Objects.requireNonNull(many).iterator() : leaving;
      while (taken.size() < maxKeys && rest.hasNext()) {
        taken.add(rest.next());
      }
      left += taken.size();
      leaving = rest;
      return taken;
    }

    /** The lease goes before its keys do. */
    void leave() {
      InvariantViolation.check(leaving != null && count() == 0, "every key was shown");
      isLeft = true;
      leaving = null;
      many = null;
    }

    private void checkStays() {
      InvariantViolation.check(
          leaving == null, "nobody looks at the keys of a lease that is going");
    }
  }

  /** Sees every lease once. */
  @FunctionalInterface
  public interface Visitor {
    void visit(long id, long ttlSeconds, long remainingSeconds);
  }

  /** Hears of attached keys. */
  @FunctionalInterface
  public interface AttachmentVisitor {
    void visit(Bytes key, long lease);
  }

  /** How far a walk over all attachments has come; see {@link #visitAttachments}. */
  public static final class Walk {
    private int slot;

    /** Of the lease in the slot, the last key that was visited, if it has more. */
    private @Nullable Bytes lastKey;

    private boolean done;

    /** Whether everything was visited. */
    public boolean isDone() {
      return done;
    }
  }

  private final LeaseIds ids = new LeaseIds();
  private final NumberColumn ttlSeconds = new NumberColumn();

  /** What the last checkpoint said, 0 without one. */
  private final NumberColumn remainingSeconds = new NumberColumn();

  /** Where in the log the lease was granted, if its client chose the id; otherwise 0. */
  private final NumberColumn grantIndex = new NumberColumn();

  /** By slot: the keys of a lease that has any. */
  private final Pages<@Nullable Keys[]> keysOfSlot = new Pages<>(Keys[][]::new);

  private long newestGrantIndex;

  /** By key: where it is among the keys of a lease. */
  private final Map<Bytes, Keys> attachments = new HashMap<>();

  /** How many leases there are. */
  public int size() {
    return ids.size();
  }

  public boolean contains(long id) {
    return ids.find(id) >= 0;
  }

  /** Adds a lease that does not exist yet. */
  public void add(LeaseRecord lease) {
    InvariantViolation.check(!contains(lease.id()), "a lease is granted once");
    var slot = ids.add(lease.id());
    ttlSeconds.set(slot, lease.ttlSeconds());
    remainingSeconds.set(slot, lease.remainingSeconds());
    grantIndex.set(slot, lease.grantIndex());
    newestGrantIndex = Math.max(newestGrantIndex, lease.grantIndex());
  }

  /** The highest {@link LeaseRecord#grantIndex} of all leases that were ever added. */
  public long newestGrantIndex() {
    return newestGrantIndex;
  }

  /** The time for which the lease was granted; the lease exists. */
  public long ttlSeconds(long id) {
    return ttlSeconds.get(slot(id));
  }

  /** The lease, which exists, as the backend keeps it. */
  public LeaseRecord record(long id) {
    var slot = slot(id);
    return new LeaseRecord(
        id, ttlSeconds.get(slot), remainingSeconds.get(slot), grantIndex.get(slot));
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
      if (before.lease == lease && !before.isLeft) {
        return;
      }
      attachments.remove(key);
      if (!before.isLeft && before.remove(key)) {
        setKeys(slot(before.lease), null);
      }
    }
    var slot = lease == 0 ? -1 : ids.find(lease);
    if (slot < 0) {
      return;
    }
    // The key may be a window on a record that would otherwise be kept alive.
    var own = key.compact();
    var keys = keys(slot);
    if (keys == null) {
      keys = new Keys(lease, own);
      setKeys(slot, keys);
    } else {
      keys.add(own);
    }
    attachments.put(own, keys);
  }

  /** Detaches the key from the lease that it is attached to, if it is. */
  public void detach(Bytes key) {
    attach(key, 0);
  }

  /** Whether any key is attached to any lease. */
  public boolean hasKeys() {
    return !attachments.isEmpty();
  }

  /** How many keys are attached, 0 for a lease that does not exist. */
  public int attachedCount(long id) {
    var slot = ids.find(id);
    var keys = slot < 0 ? null : keys(slot);
    return keys == null ? 0 : keys.count();
  }

  /** The attached keys in key order, none for a lease that does not exist. */
  public List<Bytes> attachedKeys(long id) {
    var slot = ids.find(id);
    var keys = slot < 0 ? null : keys(slot);
    return keys == null ? List.of() : keys.list();
  }

  /**
   * Detaches some of the keys of a lease that ends, the first in key order. The others follow
   * before anything else is asked of its keys.
   *
   * @param maxKeys how many at most, above 0
   * @return them; none when the lease has no key any more
   */
  public List<Bytes> takeKeys(long id, int maxKeys) {
    var slot = slot(id);
    var keys = keys(slot);
    if (keys == null) {
      return List.of();
    }
    var areAll = keys.count() <= maxKeys;
    var taken = keys.take(maxKeys);
    taken.forEach(attachments::remove);
    if (areAll) {
      setKeys(slot, null);
    }
    return taken;
  }

  /**
   * Shows some of the keys of a lease that ends as {@link #takeKeys} does, and leaves them
   * attached.
   *
   * @param maxKeys how many at most, above 0
   */
  public List<Bytes> nextKeys(long id, int maxKeys) {
    var keys = keys(slot(id));
    return keys == null ? List.of() : keys.take(maxKeys);
  }

  /**
   * Forgets a lease of which {@link #nextKeys} has shown every key. Each key is detached by {@link
   * #detach}, when it is deleted; until then it is attached to nothing that anybody can find.
   */
  public void removeBeforeKeys(long id) {
    var slot = ids.remove(id);
    var keys = InvariantViolation.present(keys(slot), "the lease has keys");
    keys.leave();
    setKeys(slot, null);
  }

  /** Forgets a lease that exists and has no key any more. */
  public void remove(long id) {
    var slot = ids.remove(id);
    InvariantViolation.check(keys(slot) == null, "a lease goes after its keys");
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
   * Goes on with a walk over all attached keys, in slices between which the table may change. Of a
   * key whose attachment changes meanwhile it may show any state that it was in, or none; every
   * other one is shown as it is.
   *
   * @param steps how many keys, or leases without any, it looks at
   */
  public void visitAttachments(Walk walk, int steps, AttachmentVisitor visitor) {
    var left = steps;
    while (left > 0 && walk.slot < ids.slotLimit()) {
      var keys = keys(walk.slot);
      var visited = 0;
      if (keys != null) {
        // A lease that has the slot since has only keys that are new; from where does not matter.
        for (var key : keys.list(walk.lastKey, left)) {
          visitor.visit(key, keys.lease);
          walk.lastKey = key;
          visited++;
        }
      }
      if (visited < left) {
        walk.slot++;
        walk.lastKey = null;
      }
      left -= Math.max(1, visited);
    }
    walk.done = walk.slot >= ids.slotLimit();
  }

  /**
   * What the leases occupy in memory, but not their keys: a key's attachment belongs to the key.
   */
  public long sizeBytes() {
    return ids.sizeBytes()
        + ttlSeconds.sizeBytes()
        + remainingSeconds.sizeBytes()
        + grantIndex.sizeBytes()
        + keysOfSlot.sizeBytes(Integer.BYTES);
  }

  private @Nullable Keys keys(int slot) {
    var page = keysOfSlot.at(slot);
    return page == null ? null : page[Pages.within(slot)];
  }

  private void setKeys(int slot, @Nullable Keys keys) {
    var page = keysOfSlot.at(slot);
    if (page == null) {
      page = keysOfSlot.put(slot, new @Nullable Keys[Pages.SLOTS]);
    }
    page[Pages.within(slot)] = keys;
  }

  private int slot(long id) {
    var slot = ids.find(id);
    InvariantViolation.check(slot >= 0, "the lease exists");
    return slot;
  }
}
