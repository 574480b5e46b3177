package dev.kvorum.verticles.stage;

import dev.kvorum.storage.mvcc.KvHash;
import dev.kvorum.storage.state.StateMachine;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The slow part of compactions, one after the other: first the history is hashed, then records go
 * in slices with rests between them ({@link WorkPace}), and only those that no pinned reader can
 * see.
 */
final class Compactions {
  private final StateMachine machine;
  private final RemovalGate gate;

  /** Keys looked at in one slice, and records given to the backend. */
  private final int sliceKeys;

  /** Who waits until the removal is finished (contract S7.3), by the compaction's revision. */
  private final Map<Long, Answer> waiting = new HashMap<>();

  private boolean running;

  Compactions(StateMachine machine, RemovalGate gate, int sliceKeys) {
    this.machine = machine;
    this.gate = gate;
    this.sliceKeys = sliceKeys;
  }

  void answerWhenFinished(long revision, Answer answer) {
    waiting.put(revision, answer);
  }

  /** Begins with the next compaction, if there is one and none is under way. */
  void proceed(List<StoreEffect> effects) {
    var job = machine.kv().compaction();
    if (job == null || running) {
      return;
    }
    running = true;
    effects.add(
        job.needsHash()
            ? new StoreEffect.HashHistory(job.startHash(), machine.appliedIndex())
            : new StoreEffect.CompactLater(0, false));
  }

  List<StoreEffect> hashed(KvHash hash) {
    var job = machine.kv().compaction();
    if (job == null) {
      return List.of();
    }
    job.hashed(hash);
    return List.of(
        new StoreEffect.Publish(machine.state()), new StoreEffect.CompactLater(0, false));
  }

  List<StoreEffect> slice() {
    var job = machine.kv().compaction();
    if (job == null) {
      return List.of();
    }
    if (!gate.allowsRemovalAt(job.revision())) {
      return List.of(new StoreEffect.CompactLater(0, true));
    }
    var effects = new ArrayList<StoreEffect>();
    var step = job.step(sliceKeys);
    effects.add(new StoreEffect.Publish(machine.state()));
    if (!step.removed().isEmpty() || step.isFinished()) {
      effects.add(
          new StoreEffect.Write(new Flush(List.of(), step.removed(), List.of(), machine.meta())));
    }
    if (!step.isFinished()) {
      effects.add(new StoreEffect.CompactLater(step.removed().size(), false));
      return effects;
    }
    running = false;
    var hash = machine.kv().compactionHash(job.revision());
    effects.add(new StoreEffect.CompactionFinished(job.revision(), hash == null ? 0 : hash.hash()));
    var answer = waiting.remove(job.revision());
    if (answer != null) {
      effects.add(new StoreEffect.Reply(List.of(answer)));
    }
    proceed(effects);
    return effects;
  }
}
