package dev.kvorum.verticles.stage;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.storage.backend.memory.MemoryBackend;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.membership.Alarms;
import dev.kvorum.storage.membership.Members;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.CommandCodec;
import dev.kvorum.storage.model.Envelope;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.StoreView;
import dev.kvorum.storage.state.LoadedState;
import dev.kvorum.storage.state.StateMachine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * A store stage over a backend in memory, one entry or turn at a time, and all that it asked for.
 */
final class StageHarness {
  static final int LIFE = 7;

  final MemoryBackend backend = new MemoryBackend();
  final StageMemory memory = new StageMemory();
  private final int sliceKeys;
  private final int mostEventsTold;
  private final List<StoreEffect> seen = new ArrayList<>();
  private StoreStage stage;
  private long lastIndex = 1;
  private long count;

  StageHarness(int sliceKeys) {
    this(sliceKeys, StoreStage.MOST_EVENTS_TOLD);
  }

  StageHarness(int sliceKeys, int mostEventsTold) {
    this.sliceKeys = sliceKeys;
    this.mostEventsTold = mostEventsTold;
    stage = stage(fresh());
  }

  /** A state that nothing was done to. */
  static LoadedState fresh() {
    var kv = new MvccStore(IndexMemory.onHeap());
    return new LoadedState(kv.meta(1, 1), kv, new LeaseTable(), new Alarms(), new Members(), "");
  }

  /** An entry of the first term, as a front end of that life proposes it. */
  static Entry entry(int life, long count, long index, Command command) {
    var envelope =
        new Envelope(
            Envelope.Kind.of(command),
            RequestId.of(life, 0, count),
            "",
            0,
            CommandCodec.encode(command));
    return new Entry(1, index, Entry.Type.COMMAND, envelope.encode());
  }

  private StoreStage stage(LoadedState state) {
    return new StoreStage(
        new StateMachine(state, Long.MAX_VALUE),
        memory,
        _ -> true,
        LIFE,
        Membership.ofVoters(List.of(1L)),
        ApplyWatch.NONE,
        sliceKeys,
        mostEventsTold);
  }

  /** A crash: the next life goes on where the backend says, and has asked for nothing so far. */
  LoadedState restart() {
    var state = stored();
    stage = stage(state);
    lastIndex = state.meta().appliedIndex();
    seen.clear();
    return state;
  }

  /** What a start would find now. */
  LoadedState stored() {
    return LoadedState.open(backend, IndexMemory.onHeap());
  }

  /** The commands follow in the log. */
  void commit(Command... commands) {
    var entries =
        Arrays.stream(commands).map(command -> entry(LIFE, ++count, ++lastIndex, command)).toList();
    step(stage -> stage.committed(entries));
  }

  /** Something that happens to the stage. */
  void step(Function<StoreStage, List<StoreEffect>> input) {
    var effects = input.apply(stage);
    seen.addAll(effects);
    for (var effect : effects) {
      if (effect instanceof StoreEffect.Write(var flush)) {
        backend.commit(FlushBatch.of(List.of(flush)).batch());
      }
    }
  }

  void proceed() {
    step(StoreStage::proceed);
  }

  void sweep() {
    step(StoreStage::sweep);
  }

  /** Gives the log every turn that it asked for since the last {@link #forget}. */
  void drain() {
    var continued = 0;
    while (continued < all(StoreEffect.Continue.class).size()) {
      continued++;
      proceed();
    }
  }

  /** From here on only what is asked for later counts as seen. */
  void forget() {
    seen.clear();
  }

  long lastIndex() {
    return lastIndex;
  }

  List<StoreEffect> seen() {
    return seen;
  }

  <T extends StoreEffect> List<T> all(Class<T> kind) {
    return seen.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  /** The answers that left, in their order. */
  List<Result> answers() {
    return all(StoreEffect.Reply.class).stream()
        .flatMap(reply -> reply.answers().stream())
        .map(Answer::result)
        .toList();
  }

  StoreView published() {
    return all(StoreEffect.Publish.class).getLast().state().kv();
  }
}
