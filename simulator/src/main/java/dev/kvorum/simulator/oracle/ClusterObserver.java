package dev.kvorum.simulator.oracle;

import dev.kvorum.simulator.world.Cluster;
import dev.kvorum.simulator.world.Observer;
import dev.kvorum.storage.model.InvariantViolation;
import org.jspecify.annotations.Nullable;

/** An observer that compares what happens with what the members have at that moment. */
public abstract class ClusterObserver implements Observer {
  private @Nullable Cluster cluster;

  /** Observes this cluster from now on. */
  public void watch(Cluster watched) {
    cluster = watched;
  }

  final Cluster cluster() {
    return InvariantViolation.present(cluster, "a run is watched");
  }
}
