package dev.kvorum.simulator.client;

import dev.kvorum.simulator.engine.Scheduler;
import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.world.ClientPort;
import dev.kvorum.simulator.world.Reply;
import dev.kvorum.simulator.world.Request;
import dev.kvorum.simulator.world.Traffic;
import dev.kvorum.simulator.world.World;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.InvariantViolation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All clients of a run. They do what their plan says, each at its time. */
public final class Clients implements Traffic {
  private static final int NEXT_OPERATION = 0;
  private static final int TRY_AGAIN = 1;

  /** The mean pause before a failed request is tried again. */
  private static final long PAUSE_NANOS = 20_000_000;

  private static final long LAST_SALT = 0x6c617374L;

  private final TrafficPlan plan;
  private final List<Client> clients = new ArrayList<>();
  private final KeySpace keys;
  private final ClientPort.Listener listener = this::replied;
  private final Scheduler.Target target = this::fire;
  private @Nullable ClientPort port;
  private @Nullable Scheduler scheduler;
  private int nextOperation;
  private boolean wantsLast;

  public Clients(TrafficPlan plan) {
    this.plan = plan;
    keys = new KeySpace(plan.keyCount());
    for (var number = 0; number < plan.profiles().size(); number++) {
      clients.add(new Client(number, plan.profiles().get(number), keys, number));
    }
  }

  @Override
  public void start(World world) {
    start(world, world.scheduler());
  }

  /** Begins to ask through the port. */
  public void start(ClientPort clientPort, Scheduler clock) {
    port = clientPort;
    scheduler = clock;
    scheduleNextOperation();
  }

  private void scheduleNextOperation() {
    if (!wantsLast && nextOperation < plan.operations().size()) {
      var at = plan.operations().get(nextOperation).atNanos();
      scheduler().schedule(at - scheduler().now(), target, NEXT_OPERATION, 0, null);
    }
  }

  private void fire(int kind, long argument, @Nullable Object payload) {
    switch (kind) {
      case NEXT_OPERATION -> {
        if (!wantsLast) {
          var operation = plan.operations().get(nextOperation++);
          var client = clients.get(operation.client());
          client.plan(operation);
          proceed(client);
          scheduleNextOperation();
        }
      }
      case TRY_AGAIN -> {
        var client = clients.get((int) argument);
        port().submit(client.again(port().nextRequestId(), port().memberCount()), listener);
      }
      default -> throw new IllegalArgumentException("event " + kind);
    }
  }

  private void proceed(Client client) {
    if (client.isIdle() && client.hasMore()) {
      port().submit(client.next(port().nextRequestId(), port().memberCount()), listener);
    }
  }

  private void replied(Request request, Reply reply) {
    var client = clients.get(request.client());
    if (client.replied(reply, port().memberCount())) {
      var pause = client.pauseNanos(PAUSE_NANOS);
      scheduler().schedule(pause, target, TRY_AGAIN, request.client(), null);
    } else {
      proceed(client);
    }
  }

  /** Every client writes once more and reads everything, however often it has to try. */
  @Override
  public void wantLast() {
    wantsLast = true;
    for (var number = 0; number < clients.size(); number++) {
      var client = clients.get(number);
      var random = new SimRandom(LAST_SALT).fork(number);
      var key = keys.key(number % keys.count());
      var put = new Command.Put(key, Bytes.utf8("last" + number), 0, false, false, false);
      var read = plan.singleKeys() ? Ranges.get(key, false) : Ranges.everything();
      client.wantLast(
          new Client.Attempt(put, random, 0, true),
          new Client.Attempt(read, random.fork(number), 0, true));
      proceed(client);
    }
  }

  @Override
  public boolean isQuiet() {
    for (var client : clients) {
      if (!client.isIdle() || (wantsLast && client.hasMore())) {
        return false;
      }
    }
    return true;
  }

  private ClientPort port() {
    return InvariantViolation.present(port, "the clients have started");
  }

  private Scheduler scheduler() {
    return InvariantViolation.present(scheduler, "the clients have started");
  }
}
