package dev.kvorum.simulator.client;

import dev.kvorum.simulator.engine.Scheduler;
import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.world.Lines;
import dev.kvorum.simulator.world.Reply;
import dev.kvorum.simulator.world.Request;
import dev.kvorum.simulator.world.World;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.LeaseAsk;
import dev.kvorum.storage.model.Result;
import org.jspecify.annotations.Nullable;

/**
 * A client with a lease: it is granted one, attaches keys to it, renews it for a while, and then
 * revokes it or lets it run out; and then it is granted the next.
 */
final class LeaseSession implements Session, Lines.Listener, Scheduler.Target {
  private static final int NEXT = 0;
  private static final int RENEW = 1;

  private static final long MILLI = 1_000_000L;
  private static final long SECOND = 1_000 * MILLI;
  private static final long IDS_A_CLIENT = 1_000_000L;

  private final World world;
  private final int client;
  private final KeySpace keys;
  private final SimRandom random;
  private final long meanGapNanos;

  /** The lease that the client has, 0 for none. */
  private long lease;

  private long granted;
  private long ttlSeconds;
  private int operations;

  /** Which actions the client has still in mind for this lease. */
  private int left;

  private boolean renews;
  private long line;
  private boolean connected;
  private boolean last;
  private boolean done;

  LeaseSession(World world, int client, KeySpace keys, SimRandom random) {
    this.world = world;
    this.client = client;
    this.keys = keys;
    this.random = random;
    meanGapNanos = random.oneOf(50, 300, 1_500) * MILLI;
  }

  @Override
  public void start() {
    later(random.exponential(SECOND), NEXT);
    later(random.exponential(SECOND), RENEW);
  }

  private void later(long nanos, int kind) {
    world.scheduler().schedule(nanos, this, kind, 0, null);
  }

  @Override
  public void fire(int kind, long argument, @Nullable Object payload) {
    if (kind == NEXT) {
      next();
    } else if (!done) {
      renew();
      later(random.exponential(ttlSeconds * SECOND / 4) + MILLI, RENEW);
    }
  }

  private void next() {
    if (lease == 0) {
      if (last) {
        done = true;
      } else {
        var newTtlSeconds = random.between(1, 4);
        // Every other lease has the id and the time of the one before, of which nothing may be
        // left.
        if (granted++ % 2 == 0) {
          ttlSeconds = newTtlSeconds;
        }
        lease = (client + 1) * IDS_A_CLIENT + (granted + 1) / 2;
        left = random.below(6);
        renews = random.below(3) > 0;
        submit(new Command.LeaseGrant(lease, ttlSeconds, true));
      }
      return;
    }
    if (left > 0) {
      left--;
      submit(attach());
    } else if (random.below(3) == 0) {
      world.coverage().hit("lease revoked");
      submit(new Command.LeaseRevoke(lease));
    } else {
      // Puts tell when it is gone.
      renews &= random.below(3) > 0 && !last;
      submit(attach());
    }
  }

  /** A key of everybody's, or one of the lease's own; alone or with another. */
  private Command attach() {
    var put = put(random.below(3));
    return random.below(4) > 0
        ? put
        : new Command.Txn(
            java.util.List.of(),
            java.util.List.of(put, put(3 + random.below(3))),
            java.util.List.of());
  }

  private Command.Put put(int number) {
    var key =
        random.below(2) == 0 && number < 3
            ? keys.key(random.below(keys.count()))
            : Bytes.utf8("/lease/%d/%d".formatted(client, number));
    var value = Bytes.utf8("l" + lease + "." + ++operations);
    return new Command.Put(key, value, lease, false, false, false);
  }

  private void submit(Command command) {
    world.submit(
        new Request(world.nextRequestId(), client, random.below(world.memberCount()), command),
        this::replied);
  }

  private void replied(Request request, Reply reply) {
    if (reply instanceof Reply.Answered(Result result, _)) {
      var isGone =
          result.equals(new Result.Failed(Failure.LEASE_NOT_FOUND))
              || result instanceof Result.LeaseRevoke;
      if (isGone && !(request.command() instanceof Command.LeaseGrant)) {
        lease = 0;
      }
    }
    later(random.exponential(meanGapNanos), NEXT);
  }

  // Renewals.

  private void renew() {
    if (lease == 0 || !renews || last) {
      return;
    }
    if (!connected) {
      connected = true;
      line = world.lines().open(random.below(world.memberCount()), this);
    }
    world
        .lines()
        .say(
            line,
            random.below(10) == 0
                ? new LeaseAsk.TimeToLive(lease, random.below(2) == 0)
                : new LeaseAsk.KeepAlive(lease));
  }

  @Override
  public void heard(long number, Object what) {
    if (number != line) {
      return;
    }
    if (what instanceof Result.Failed) {
      // Whoever does not lead says so; only the leader knows the time.
      world.lines().hangUp(line);
      connected = false;
      renew();
    } else if (what instanceof Result.LeaseKeepAlive kept
        && kept.id() == lease
        && kept.ttlSeconds() == 0) {
      world.coverage().hit("lease could not be renewed");
    }
  }

  @Override
  public void broken(long number) {
    if (number == line) {
      connected = false;
    }
  }

  @Override
  public void wantLast() {
    last = true;
  }

  @Override
  public boolean isQuiet() {
    return done;
  }
}
