package dev.kvorum.storage.index;

import dev.kvorum.storage.model.Bytes;
import java.nio.ByteBuffer;

/**
 * The live key that a walk through the index stands at: what an {@link IndexEntry} says, without an
 * object for each key and without its bytes until somebody asks. Holds until the walker returns.
 */
public final class LiveKey {
  private final Slabs slabs;
  private final RecordCursor cursor;
  private ByteBuffer memory = Slabs.NO_MEMORY;
  private int at;
  private int slot;

  LiveKey(Slabs slabs, RecordCursor cursor) {
    this.slabs = slabs;
    this.cursor = cursor;
  }

  /** Goes to a cell of a leaf; returns whether its key lives at the revision. */
  boolean goTo(ByteBuffer leaf, int leafAt, int leafSlot, long revision) {
    memory = leaf;
    at = leafAt;
    slot = leafSlot;
    cursor.start(slabs, leaf, leafAt, leafSlot);
    return cursor.seekLive(revision);
  }

  /** Main part of the revision of the record that holds the key's state. */
  public long modRevision() {
    return cursor.main;
  }

  /** The other part. */
  public long sub() {
    return cursor.sub;
  }

  /** Main revision of the put that began the key's life. */
  public long createRevision() {
    return cursor.createRevision;
  }

  /** Size of the serialized key-value in bytes. */
  public int recordSize() {
    return cursor.recordSize;
  }

  /** Whether it is this key. */
  boolean is(Bytes key) {
    return Page.holds(slabs, memory, at, slot, key);
  }

  /** The key, on memory of its own. */
  public Bytes key() {
    return Page.key(slabs, memory, at, slot);
  }

  /** All of it, to be kept. */
  public IndexEntry entry() {
    return cursor.entry(key());
  }
}
