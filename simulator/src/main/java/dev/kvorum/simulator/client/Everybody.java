package dev.kvorum.simulator.client;

import dev.kvorum.simulator.world.Traffic;
import dev.kvorum.simulator.world.World;
import java.util.List;

/** Several kinds of traffic at once. */
public final class Everybody implements Traffic {
  private final List<Traffic> parts;

  /** All clients of the plan. */
  public Everybody(TrafficPlan plan) {
    parts = List.of(new Clients(plan), new Sessions(plan));
  }

  @Override
  public void start(World world) {
    parts.forEach(part -> part.start(world));
  }

  @Override
  public void wantLast() {
    parts.forEach(Traffic::wantLast);
  }

  @Override
  public boolean isQuiet() {
    return parts.stream().allMatch(Traffic::isQuiet);
  }
}
