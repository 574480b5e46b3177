package dev.kvorum.verticles.service;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.Need;
import dev.kvorum.storage.mvcc.Records;
import dev.kvorum.verticles.store.RecordMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The records of one read, gathered before it runs: first what memory holds, then what was fetched.
 * They are held here and not looked up again, because memory may forget one in between.
 */
final class GatheredRecords implements Records {
  private final List<Need> needs;
  private final @Nullable Bytes[] found;
  private final List<Revision> missing = new ArrayList<>(0);

  /** Plans ask in the order in which they announced, so the next one is nearly always here. */
  private int next;

  private GatheredRecords(List<Need> needs) {
    this.needs = needs;
    found = new @Nullable Bytes[needs.size()];
  }

  static GatheredRecords gather(List<Need> needs, RecordMemory memory) {
    var gathered = new GatheredRecords(needs);
    for (var i = 0; i < needs.size(); i++) {
      var revision = needs.get(i).revision();
      var serialized = memory.find(revision);
      gathered.found[i] = serialized;
      if (serialized == null) {
        gathered.missing.add(revision);
      }
    }
    return gathered;
  }

  /** What memory did not have. */
  List<Revision> missing() {
    return missing;
  }

  /** Adds what was fetched, which is everything that was missing. */
  void complete(Map<Revision, Bytes> fetched) {
    for (var i = 0; i < found.length; i++) {
      if (found[i] == null) {
        found[i] = fetched.get(needs.get(i).revision());
      }
    }
  }

  @Override
  public Bytes get(Revision revision) {
    for (var tried = 0; tried < found.length; tried++) {
      var at = next;
      next = next + 1 == found.length ? 0 : next + 1;
      if (needs.get(at).revision().equals(revision)) {
        var serialized = found[at];
        if (serialized != null) {
          return serialized;
        }
        break;
      }
    }
    throw new InvariantViolation("a read asked for a record that it had not named: " + revision);
  }
}
