package dev.kvorum.verticles.service;

import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.mvcc.ReadPlan;
import dev.kvorum.storage.mvcc.StoreView;
import io.vertx.core.Context;
import java.util.function.Consumer;
import java.util.function.Function;

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
    var plan = read.apply(node.applied().kv());
    var records = GatheredRecords.gather(plan.needs(), node.memory());
    if (records.missing().isEmpty()) {
      node.metrics().mvcc().executed(1, 0, 0, 0);
      answer.accept(plan.finish(records));
    } else {
      runPinned(read, answer);
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
              pinned.close();
              records.complete(fetched);
              node.metrics().mvcc().executed(1, 0, 0, 0);
              answer.accept(plan.finish(records));
            });
  }
}
