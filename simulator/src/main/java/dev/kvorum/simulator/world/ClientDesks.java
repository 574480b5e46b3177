package dev.kvorum.simulator.world;

import dev.kvorum.raft.stage.RaftStatus;
import dev.kvorum.storage.backend.ReadView;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.LeaseAsk;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.StoreView;
import dev.kvorum.storage.watch.WatchEffect;
import dev.kvorum.storage.watch.WatchRequest;
import dev.kvorum.verticles.coordination.Entry;
import dev.kvorum.verticles.stage.StoreEffect;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where a member serves its clients: the front door, watches, leases and locks, and what it asks of
 * itself for them. Each desk names what it needs of the member; here is what the member gives it.
 */
final class ClientDesks {
  private static final long PROPOSAL_TIMEOUT_NANOS = 7_000_000_000L;
  private static final long ROUND_TIMEOUT_NANOS = 5_000_000_000L;

  private final Life life;
  private final World world;
  private final int index;
  private final long leaseLagNanos;
  private final MemberClock clock;
  private final RaftDesk raft;
  private final StoreDesk store;
  private final FrontDoor door;
  private final WatchDesk watches;
  private final LeaseDesk leases;
  private final InnerCalls inner;
  private final LockDesk locks;

  ClientDesks(
      Life life,
      World world,
      int index,
      int lifeNumber,
      MemberClock clock,
      RaftDesk raft,
      StoreDesk store) {
    this.life = life;
    this.world = world;
    this.index = index;
    this.clock = clock;
    this.raft = raft;
    this.store = store;
    var tuning = world.plan().tuning();
    leaseLagNanos = tuning.leaseLagNanos();
    door = new FrontDoor(new DoorShell(), lifeNumber);
    watches = new WatchDesk(new WatchShell(), tuning.watches(), tuning.progressNanos());
    leases =
        new LeaseDesk(
            new LeaseShell(),
            index,
            tuning.tickNanos() * tuning.electionTicks(),
            store.machine().leases());
    inner = new InnerCalls(new InnerShell());
    locks = new LockDesk(new LockShell(), inner);
  }

  FrontDoor door() {
    return door;
  }

  WatchDesk watches() {
    return watches;
  }

  LeaseDesk leases() {
    return leases;
  }

  /** A client says something on a line. */
  void said(long line, Object what) {
    if (what instanceof WatchRequest request) {
      watches.said(line, request);
    } else if (what instanceof LeaseAsk ask) {
      leases.asked(line, ask);
    } else if (what instanceof LockAsk ask) {
      locks.asked(line, ask);
    } else {
      throw new InvariantViolation("nobody understands " + what);
    }
  }

  /** A client has read what was said to it. */
  void taken(long line, Object what) {
    if (what instanceof WatchEffect.Send message) {
      life.later(Life.BUS_NANOS, Life.RUN, line, (Runnable) () -> watches.taken(line, message));
    }
  }

  /** A client has gone. */
  void ended(long line) {
    watches.ended(line);
    locks.ended(line);
  }

  /** What the front door asks of its member. */
  private final class DoorShell implements FrontDoor.Shell {
    @Override
    public void flushLater() {
      life.later(Life.BUS_NANOS, Life.FLUSH_PROPOSALS, 0, null);
    }

    @Override
    public void startRoundLater() {
      life.later(Life.BUS_NANOS, Life.START_ROUND, 0, null);
    }

    @Override
    public void propose(long firstRequestId, List<Bytes> envelopes) {
      raft.step(stage -> stage.propose(FrontDoor.LOOP, firstRequestId, envelopes));
    }

    @Override
    public void proposed(Request request, long requestId) {
      world.observe(observer -> observer.proposed(request, requestId));
    }

    @Override
    public void askRound(long round) {
      life.later(ROUND_TIMEOUT_NANOS, Life.ROUND_TIMEOUT, round, null);
      world.observe(observer -> observer.asksRound(index, round));
      raft.step(stage -> stage.read(FrontDoor.LOOP, round));
    }

    @Override
    public boolean readsNeedNoRound() {
      return raft.status().readsNeedNoRound();
    }

    @Override
    public StoreView view() {
      return store.applied().kv();
    }

    @Override
    public Bytes record(Revision revision) {
      var found = store.inMemory(revision);
      return found == null ? store.read(revision) : found;
    }

    @Override
    public void reply(Request request, Result result) {
      var answered = new Reply.Answered(result, store.applied().appliedIndex());
      if (inner.answered(request.id(), result)) {
        world.calls().repliedInside(request, answered);
      } else {
        world.calls().reply(index, request, answered, store.applied());
      }
    }
  }

  /** What the watches ask of their member. */
  private final class WatchShell implements WatchDesk.Shell {
    @Override
    public long now() {
      return world.scheduler().now();
    }

    @Override
    public void later(long nanos, Runnable action) {
      life.later(nanos, Life.RUN, 0, action);
    }

    @Override
    public StoreView view() {
      return store.applied().kv();
    }

    @Override
    public long term() {
      return raft.status().term();
    }

    @Override
    public @Nullable Bytes inMemory(Revision revision) {
      return store.inMemory(revision);
    }

    @Override
    public ReadView openStore() {
      return store.openWritten();
    }

    @Override
    public @Nullable Bytes stored(Revision revision) {
      return store.stored(revision);
    }

    @Override
    public void tell(long line, WatchEffect.Send message) {
      if (line < 0) {
        life.later(Life.BUS_NANOS, Life.RUN, 0, (Runnable) () -> toldInside(line, message));
      } else {
        world.lines().tell(line, message);
      }
    }

    private void toldInside(long line, WatchEffect.Send message) {
      watches.taken(line, message);
      inner.told(line, message);
    }

    @Override
    public void arrived(long line, WatchRequest request, long revision) {
      world.observe(observer -> observer.watchAsked(line, request, revision));
    }

    @Override
    public void hit(String point) {
      world.coverage().hit(point);
    }
  }

  /** What a member asks of itself. */
  private final class InnerShell implements InnerCalls.Shell {
    @Override
    public Request ask(Command command) {
      var request = new Request(world.nextRequestId(), -1, index, command);
      world.observe(observer -> observer.invoked(request));
      door.request(request);
      return request;
    }

    @Override
    public void later(long nanos, Runnable action) {
      life.later(nanos, Life.RUN, 0, action);
    }

    @Override
    public long newLine() {
      return world.lines().newInnerLine();
    }

    @Override
    public void watch(long line, WatchRequest request) {
      watches.said(line, request);
    }

    @Override
    public void stopWatching(long line) {
      watches.ended(line);
    }

    @Override
    public void heard(long line, WatchMessage message) {
      world.observe(observer -> observer.watchHeard(line, message));
    }
  }

  /** What the locks ask of their member. */
  private final class LockShell implements LockDesk.Shell {
    @Override
    public void tell(long line, dev.kvorum.verticles.coordination.Reply<Entry> reply) {
      world.lines().tell(line, reply);
    }

    @Override
    public void granted(Bytes name, Entry entry) {
      world.observe(
          observer ->
              observer.lockGranted(name, entry.lease(), entry.key(), entry.createRevision()));
    }
  }

  /** What the leases ask of their member. */
  private final class LeaseShell implements LeaseDesk.Shell {
    @Override
    public long localNow() {
      return clock.now();
    }

    @Override
    public void soon(Runnable action) {
      life.later(Life.BUS_NANOS, Life.RUN, 0, action);
    }

    @Override
    public void late(Runnable action) {
      life.later(Life.BUS_NANOS + leaseLagNanos, Life.RUN, 0, action);
    }

    @Override
    public void inLocalTime(long nanos, Runnable action) {
      life.later(clock.nanosUntil(nanos), Life.RUN, 0, action);
    }

    @Override
    public RaftStatus raft() {
      return raft.status();
    }

    @Override
    public long revision() {
      return store.applied().kv().revision();
    }

    @Override
    public void confirm(Consumer<Boolean> answer) {
      door.confirm(answer);
    }

    @Override
    public void propose(Command command, Consumer<Result> answer) {
      var proposal = door.propose(command, answer);
      life.later(PROPOSAL_TIMEOUT_NANOS, Life.RUN, 0, (Runnable) () -> door.giveUp(proposal));
    }

    @Override
    public void findKeys(
        List<Long> ids, boolean countsOnly, Consumer<StoreEffect.FoundKeys> answer) {
      var ask = store.newKeyAsk(answer);
      late(() -> store.step(stage -> stage.findKeys(ask, ids, countsOnly)));
    }

    @Override
    public void tell(long line, Result answer) {
      world.lines().tell(line, answer);
    }

    @Override
    public void observe(Consumer<Observer> what) {
      world.observe(what);
    }
  }
}
