package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import java.util.List;

/**
 * What applying one command did. Writes and events stand in the order of their revisions and belong
 * together: all become visible, or none.
 */
public record Applied(Result result, List<Write> writes, List<Event> events) {
  static Applied withoutWrites(Result result) {
    return new Applied(result, List.of(), List.of());
  }

  static Applied refused(Failure failure) {
    return withoutWrites(new Result.Failed(failure));
  }
}
