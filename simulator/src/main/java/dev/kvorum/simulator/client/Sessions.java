package dev.kvorum.simulator.client;

import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.world.Traffic;
import dev.kvorum.simulator.world.World;
import java.util.ArrayList;
import java.util.List;

/** The sessions of a run, beside the clients that ask one thing at a time. */
public final class Sessions implements Traffic {
  private final TrafficPlan plan;
  private final List<Session> sessions = new ArrayList<>();

  public Sessions(TrafficPlan plan) {
    this.plan = plan;
  }

  @Override
  public void start(World world) {
    var keys = new KeySpace(plan.keyCount());
    for (var session : plan.sessions()) {
      var random = new SimRandom(session.seed());
      sessions.add(
          switch (session.kind()) {
            case WATCH -> new WatchSession(world, session.client(), keys, random);
            case LEASE -> new LeaseSession(world, session.client(), keys, random);
            case LOCK -> new LockSession(world, session.client(), random);
          });
    }
    sessions.forEach(Session::start);
  }

  @Override
  public void wantLast() {
    sessions.forEach(Session::wantLast);
  }

  @Override
  public boolean isQuiet() {
    for (var session : sessions) {
      if (!session.isQuiet()) {
        return false;
      }
    }
    return true;
  }
}
