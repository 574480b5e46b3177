package dev.kvorum.verticles.service;

import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.mvcc.ReadPlan;
import dev.kvorum.storage.mvcc.StoreView;
import io.vertx.core.Context;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs reads on the loop that received them, against the published state. The index answers at
 * once; records come from memory, and what memory lacks is fetched on the read pool while the loop
 * goes on.
 */
final class Reads {
  private final NodeContext node;
  private final Context context;
  private final ReadRounds rounds;

  Reads(NodeContext node, Context context, ReadRounds rounds) {
    this.node = node;
    this.context = context;
    this.rounds = rounds;
  }

  /** Plans the read on a state that it may see, and answers it (contract S2, S6.7). */
  void read(Function<StoreView, ReadPlan> read, boolean serializable, Consumer<Result> answer) {
    if (serializable) {
      run(read, answer);
      return;
    }
    rounds.await(
        failure -> {
          if (failure == null) {
            run(read, answer);
          } else {
            answer.accept(new Result.Failed(failure));
          }
        });
  }

  private void run(Function<StoreView, ReadPlan> read, Consumer<Result> answer) {
    var result = runFromMemory(read);
    if (result == null) {
      runPinned(read, answer);
    } else {
      node.metrics().mvcc().executed(1, 0, 0, 0);
      answer.accept(result);
    }
  }

  /** The answer, or null when a record of it is not in memory. */
  private @Nullable Result runFromMemory(Function<StoreView, ReadPlan> read) {
    try (var held = node.hold()) {
      var plan = read.apply(held.state().kv());
      var records = GatheredRecords.gather(plan.needs(), node.memory());
      return records.missing().isEmpty() ? plan.finish(records) : null;
    }
  }

  /** Once more, now under a pin: between the first look and the pin a record may have gone. */
  private void runPinned(Function<StoreView, ReadPlan> read, Consumer<Result> answer) {
    var pinned = node.pin();
    var plan = read.apply(pinned.state().kv());
    var records = GatheredRecords.gather(plan.needs(), node.memory());
    node.reader()
        .fetch(
            records.missing(),
            action -> context.runOnContext(_ -> action.run()),
            fetched -> {
              records.complete(fetched);
              var result = plan.finish(records);
              pinned.close();
              node.metrics().mvcc().executed(1, 0, 0, 0);
              answer.accept(result);
            });
  }
}
