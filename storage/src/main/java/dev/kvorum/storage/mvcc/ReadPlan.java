package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import java.util.List;

/**
 * A read that is decided as far as the index can decide it: bring the needed records, then finish.
 * Any thread may do both.
 */
public interface ReadPlan {
  /** The records that {@link #finish} will ask for, each once. */
  List<Need> needs();

  /** The answer; takes no I/O. May be called once. */
  Result finish(Records records);

  /** A read that is refused. */
  static ReadPlan failed(Failure failure) {
    return new ReadPlan() {
      @Override
      public List<Need> needs() {
        return List.of();
      }

      @Override
      public Result finish(Records records) {
        return new Result.Failed(failure);
      }
    };
  }
}
