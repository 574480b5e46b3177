package dev.kvorum.verticles.stage;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.Need;
import dev.kvorum.storage.mvcc.Records;
import dev.kvorum.storage.mvcc.Write;
import dev.kvorum.storage.mvcc.WriteTally;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The records that applying reads, and those that it makes: in memory all of them. */
final class ApplyRecords implements Records {
  private final RecordPort memory;

  /** What came from the backend, until whoever missed it has been applied. */
  private final Map<Revision, Bytes> fetched = new HashMap<>();

  /** What the command that is applied now may read. */
  private final Map<Revision, Bytes> atHand = new HashMap<>();

  ApplyRecords(RecordPort memory) {
    this.memory = memory;
  }

  /** Whether so much waits for the backend that nothing more is to be made. */
  boolean isFull() {
    return memory.isFull();
  }

  /** Whether so much waits for the backend that clients will be refused if nothing is done. */
  boolean isFilling() {
    return memory.isFilling();
  }

  /** Records that were missing. */
  void arrived(Map<Revision, Bytes> found) {
    fetched.putAll(found);
  }

  /** Nobody waits for what was fetched any more. */
  void forgetFetched() {
    fetched.clear();
  }

  /**
   * Takes the records to hand; false when one has to be fetched. Held on to, because memory may
   * forget a record at any time for one that a reader brings.
   */
  boolean take(List<Need> needs) {
    if (!atHand.isEmpty()) {
      atHand.clear();
    }
    for (var need : needs) {
      var found = find(need.revision());
      if (found == null) {
        return false;
      }
      atHand.put(need.revision(), found);
    }
    return true;
  }

  @Override
  public Bytes get(Revision revision) {
    return InvariantViolation.present(
        atHand.get(revision), "applying asks only for records that it named");
  }

  @Override
  public @Nullable Bytes find(Revision revision) {
    var inMemory = memory.find(revision);
    return inMemory != null ? inMemory : fetched.get(revision);
  }

  /**
   * Lets readers find the records, who cannot ask for them before the state is published. Nobody
   * reads a tombstone.
   */
  WriteTally keep(List<Write> writes) {
    var tally = WriteTally.of(writes);
    if (tally.puts() > 0) {
      for (var write : writes) {
        if (!write.tombstone()) {
          memory.add(write.revision(), write.record());
        }
      }
    }
    return tally;
  }
}
