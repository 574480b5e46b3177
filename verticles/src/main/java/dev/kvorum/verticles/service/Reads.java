package dev.kvorum.verticles.service;

import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Result;
import io.vertx.core.Context;
import java.util.function.Consumer;

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

  /** Contract S2 and S6.7. */
  void read(Command command, boolean serializable, Consumer<Result> answer) {
    if (serializable) {
      run(command, answer);
      return;
    }
    rounds.await(
        failure -> {
          if (failure == null) {
            run(command, answer);
          } else {
            answer.accept(new Result.Failed(failure));
          }
        });
  }

  private void run(Command command, Consumer<Result> answer) {
    var plan = node.applied().kv().plan(command);
    var records = GatheredRecords.gather(plan.needs(), node.memory());
    if (records.missing().isEmpty()) {
      answer.accept(plan.finish(records));
    } else {
      runPinned(command, answer);
    }
  }

  /** Once more, now under a pin: between the first look and the pin a record may have gone. */
  private void runPinned(Command command, Consumer<Result> answer) {
    var pinned = node.pin();
    var plan = pinned.state().kv().plan(command);
    var records = GatheredRecords.gather(plan.needs(), node.memory());
    node.reader()
        .fetch(
            records.missing(),
            action -> context.runOnContext(_ -> action.run()),
            fetched -> {
              pinned.close();
              records.complete(fetched);
              answer.accept(plan.finish(records));
            });
  }
}
