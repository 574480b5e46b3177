package dev.kvorum.simulator.client;

import dev.kvorum.simulator.engine.Scheduler;
import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.world.Lines;
import dev.kvorum.simulator.world.LockAsk;
import dev.kvorum.simulator.world.Reply;
import dev.kvorum.simulator.world.Request;
import dev.kvorum.simulator.world.World;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.LeaseAsk;
import dev.kvorum.storage.model.Result;
import dev.kvorum.verticles.coordination.Entry;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client that wants a lock: it is granted a lease, waits, writes what the lock protects with its
 * fencing token, and unlocks, or forgets to. Some do not renew their lease while they wait.
 */
final class LockSession implements Session, Lines.Listener, Scheduler.Target {
  private static final int NEXT = 0;
  private static final int RENEW = 1;
  private static final int GIVE_UP = 2;

  private static final long MILLI = 1_000_000L;
  private static final long SECOND = 1_000 * MILLI;
  private static final long IDS_A_CLIENT = 1_000_000L;

  /** What the client is about to do next. */
  private enum Step {
    GRANT,
    LOCK,
    WRITE,
    UNLOCK
  }

  private final World world;
  private final int client;
  private final SimRandom random;
  private final Bytes name;
  private Step step = Step.GRANT;
  private long lease;
  private long granted;
  private boolean renews;
  private @Nullable Entry held;
  private long line;
  private boolean waiting;
  private long renewals;
  private boolean last;
  private boolean done;

  LockSession(World world, int client, SimRandom random) {
    this.world = world;
    this.client = client;
    this.random = random;
    name = Bytes.utf8("/lock/" + random.below(2));
  }

  @Override
  public void start() {
    later(random.exponential(SECOND), NEXT, 0);
    later(random.exponential(SECOND), RENEW, 0);
  }

  private void later(long nanos, int kind, long argument) {
    world.scheduler().schedule(nanos, this, kind, argument, null);
  }

  @Override
  public void fire(int kind, long argument, @Nullable Object payload) {
    switch (kind) {
      case NEXT -> next();
      case RENEW -> {
        if (!done && !last) {
          renew();
          later(random.exponential(SECOND / 2), RENEW, 0);
        }
      }
      default -> {
        if (waiting && argument == line) {
          world.coverage().hit("a waiter gave its place up");
          world.lines().hangUp(line);
          retry(Step.GRANT);
        }
      }
    }
  }

  private void next() {
    if (last) {
      // Whatever it has goes with its lease.
      done = true;
      return;
    }
    switch (step) {
      case GRANT -> {
        lease = (client + 1) * IDS_A_CLIENT + ++granted;
        renews = random.below(3) > 0;
        submit(new Command.LeaseGrant(lease, random.between(1, 4), true));
      }
      case LOCK -> {
        waiting = true;
        line = world.lines().open(random.below(world.memberCount()), this);
        world.lines().say(line, new LockAsk(name, lease));
        if (random.below(4) == 0) {
          later(random.exponential(2 * SECOND), GIVE_UP, line);
        }
      }
      case WRITE -> submit(fencedWrite());
      case UNLOCK ->
          submit(
              random.below(4) == 0
                  ? new Command.LeaseRevoke(lease)
                  : new Command.DeleteRange(holding().key(), Bytes.EMPTY, false));
    }
  }

  private Entry holding() {
    if (held == null) {
      throw new IllegalStateException("client " + client + " holds no lock");
    }
    return held;
  }

  /** What the lock protects is written only while the key is the one that was locked. */
  private Command fencedWrite() {
    var token = holding().createRevision();
    return new Command.Txn(
        List.of(
            new Command.Compare(
                Command.Compare.EQUAL,
                Command.Compare.CREATE,
                holding().key(),
                Bytes.EMPTY,
                token,
                Bytes.EMPTY)),
        List.of(
            new Command.Put(
                Bytes.utf8("/fence" + name.toUtf8()),
                Bytes.utf8(Long.toString(token)),
                0,
                false,
                false,
                false)),
        List.of());
  }

  private void submit(Command command) {
    world.submit(
        new Request(world.nextRequestId(), client, random.below(world.memberCount()), command),
        this::replied);
  }

  private void replied(Request request, Reply reply) {
    var isDone = reply instanceof Reply.Answered(Result result, _) && !isFailed(result);
    step =
        switch (request.command()) {
          case Command.LeaseGrant _ -> isDone ? Step.LOCK : Step.GRANT;
          case Command.Txn _ -> random.below(3) == 0 ? Step.WRITE : Step.UNLOCK;
          // Forgotten if it did not work: the lease ends it.
          default -> Step.GRANT;
        };
    later(random.exponential(300 * MILLI), NEXT, 0);
  }

  private static boolean isFailed(Result result) {
    return result instanceof Result.Failed;
  }

  private void retry(Step with) {
    waiting = false;
    step = with;
    later(random.exponential(200 * MILLI), NEXT, 0);
  }

  @Override
  public void heard(long number, Object what) {
    if (number != line || !waiting) {
      return;
    }
    world.lines().hangUp(line);
    if (what instanceof dev.kvorum.verticles.coordination.Reply.Done<?>(Entry entry)) {
      world.coverage().hit("lock held");
      held = entry;
      retry(Step.WRITE);
    } else {
      world.coverage().hit("lock refused");
      retry(Step.GRANT);
    }
  }

  @Override
  public void broken(long number) {
    if (number == line && waiting) {
      // The same lease has the same place.
      retry(Step.LOCK);
    }
  }

  private void renew() {
    if (lease != 0 && renews) {
      world.lines().hangUp(renewals);
      renewals = world.lines().open(random.below(world.memberCount()), new Unheard());
      world.lines().say(renewals, new LeaseAsk.KeepAlive(lease));
    }
  }

  /** Renewals are tried again and again; how each went does not matter. */
  private static final class Unheard implements Lines.Listener {
    @Override
    public void heard(long number, Object what) {}

    @Override
    public void broken(long number) {}
  }

  @Override
  public void wantLast() {
    last = true;
    if (waiting) {
      world.lines().hangUp(line);
      retry(Step.GRANT);
    }
  }

  @Override
  public boolean isQuiet() {
    return done;
  }
}
