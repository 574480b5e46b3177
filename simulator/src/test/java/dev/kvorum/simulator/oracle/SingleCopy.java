package dev.kvorum.simulator.oracle;

import dev.kvorum.simulator.client.Clients;
import dev.kvorum.simulator.client.History;
import dev.kvorum.simulator.client.TrafficPlan;
import dev.kvorum.simulator.engine.Scheduler;
import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.plan.Plan;
import dev.kvorum.simulator.plan.Tuning;
import dev.kvorum.simulator.plan.Weather;
import dev.kvorum.simulator.world.ClientPort;
import dev.kvorum.simulator.world.Reply;
import dev.kvorum.simulator.world.Request;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.ReadPlan;
import dev.kvorum.storage.mvcc.Records;
import dev.kvorum.storage.mvcc.StoreView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A cluster of one copy behind a slow and lossy network: the server's own store, one command after
 * the other. Its histories are linearizable, unless it is told to misbehave.
 */
final class SingleCopy implements ClientPort {
  /** What can be wrong with a server. */
  enum Defect {
    NONE,
    /** Now and then a linearizable read sees an old state. */
    STALE_READ,
    /** Now and then an acknowledged write does not happen. */
    LOST_WRITE,
    /** Now and then a write happens twice. */
    DOUBLE_WRITE,
    /** Now and then a write is acknowledged first and happens later. */
    EARLY_ACKNOWLEDGEMENT,
    /** A write that is refused happens nevertheless. */
    REFUSED_WRITE
  }

  private static final long MILLISECOND = 1_000_000;
  private static final int LOST = 30_000;
  private static final int REFUSED = 20_000;
  private static final int WRONG = 30_000;

  private final Scheduler scheduler = new Scheduler();
  private final SimRandom random;
  private final Clients clients;
  private final Defect defect;
  private final History history = new History();
  private final MvccStore store = new MvccStore(IndexMemory.onHeap());
  private final Map<Revision, Bytes> records = new HashMap<>();
  private final Records lookup = revision -> Objects.requireNonNull(records.get(revision));
  private final List<StoreView> views = new ArrayList<>();
  private final Map<Long, Integer> operations = new HashMap<>();
  private long nextRequestId;

  private SingleCopy(long seed, TrafficPlan traffic, Defect defect) {
    random = new SimRandom(seed).fork(1);
    clients = new Clients(traffic);
    this.defect = defect;
    keepView();
  }

  /** The whole history of a seed. */
  static History history(long seed, TrafficPlan traffic, Defect defect) {
    var server = new SingleCopy(seed, traffic, defect);
    server.clients.start(server, server.scheduler);
    var last = traffic.operations().getLast().atNanos();
    while (server.scheduler.now() < last && server.scheduler.step()) {
      // The clients do what they planned.
    }
    server.clients.wantLast();
    while (!server.clients.isQuiet() && server.scheduler.step()) {
      // Everybody gets a last answer.
    }
    return server.history;
  }

  /** A plan for that many events of a second. */
  static Plan plan(long seed, int clients, long maxEvents) {
    return new Plan(
        seed, 1, clients, maxEvents, 1_000_000_000L, Weather.CALM, Tuning.ROOMY, 1, List.of());
  }

  @Override
  public void submit(Request request, Listener listener) {
    operations.put(
        request.id(), history.invoke(request.client(), request.command(), scheduler.now()));
    after(
        random.exponential(MILLISECOND),
        () -> {
          if (random.chance(LOST)) {
            reply(request, new Reply.Unknown("the request was lost"), listener);
          } else {
            serve(request, listener);
          }
        });
  }

  private void after(long delayNanos, Runnable action) {
    scheduler.schedule(delayNanos, (_, _, _) -> action.run(), 0, 0, null);
  }

  private void serve(Request request, Listener listener) {
    var refused = random.chance(REFUSED);
    Result result = new Result.Failed(Failure.NO_LEADER);
    if (!refused) {
      result = isRead(request.command()) ? read(request.command()) : write(request);
    } else if (defect == Defect.REFUSED_WRITE && !isRead(request.command())) {
      write(request);
    }
    if (random.chance(LOST)) {
      reply(request, new Reply.Unknown("the answer was lost"), listener);
    } else {
      reply(request, new Reply.Answered(result, 0), listener);
    }
  }

  private static boolean isRead(Command command) {
    return Requests.isRead(command);
  }

  private boolean goesWrong(Defect kind) {
    return defect == kind && random.chance(WRONG);
  }

  private Result write(Request request) {
    if (goesWrong(Defect.LOST_WRITE)) {
      return forget(request.command());
    }
    if (goesWrong(Defect.EARLY_ACKNOWLEDGEMENT)) {
      var result = forget(request.command());
      after(20 * MILLISECOND, () -> execute(request));
      return result;
    }
    if (goesWrong(Defect.DOUBLE_WRITE)) {
      execute(request);
    }
    return execute(request);
  }

  private Result execute(Request request) {
    var command = request.command();
    var applied = store.apply(command, lookup, _ -> false);
    applied.writes().forEach(write -> records.put(write.revision(), write.record()));
    keepView();
    history.commit(operation(request), command);
    return applied.result();
  }

  /** Every view is held for ever: a stale read may ask for any. */
  private void keepView() {
    var view = store.view();
    InvariantViolation.check(view.tryHold(), "the newest view can be held");
    views.add(view);
  }

  /** A plausible answer to a write that does not happen. */
  private Result forget(Command command) {
    var revision = store.revision();
    return switch (command) {
      case Command.Put _ -> new Result.Put(revision + 1, null);
      case Command.DeleteRange _ -> new Result.DeleteRange(revision + 1, 1, List.of());
      case Command.Txn _ -> new Result.Txn(revision, false, List.of());
      default -> new Result.Compact(revision);
    };
  }

  private Result read(Command command) {
    var isStale =
        Requests.isSerializable(command) ? random.below(2) == 0 : goesWrong(Defect.STALE_READ);
    var age = isStale ? random.below(Math.min(views.size(), 20)) : 0;
    var view = views.get(views.size() - 1 - age);
    ReadPlan plan =
        switch (command) {
          case Command.Range range -> view.plan(range);
          case Command.Txn txn -> view.plan(txn);
          default -> throw new IllegalArgumentException("not a read: " + command);
        };
    return plan.finish(lookup);
  }

  private void reply(Request request, Reply reply, Listener listener) {
    after(
        random.exponential(MILLISECOND),
        () -> {
          if (reply instanceof Reply.Answered(Result result, _)) {
            history.complete(operation(request), result, scheduler.now());
          }
          listener.replied(request, reply);
        });
  }

  private int operation(Request request) {
    return operations.getOrDefault(request.id(), History.NOBODY);
  }

  @Override
  public long nextRequestId() {
    return nextRequestId++;
  }

  @Override
  public int memberCount() {
    return 1;
  }
}
