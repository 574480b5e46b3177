package dev.kvorum.verticles.store;

import dev.kvorum.storage.model.Revision;

/** Lets tests of other packages play the store's loop towards its memory. */
public final class MemoryForTests {
  private MemoryForTests() {}

  /** The backend shows the record: memory may forget it. */
  public static void flushed(RecordMemory memory, Revision revision) {
    memory.flushed(revision);
  }
}
