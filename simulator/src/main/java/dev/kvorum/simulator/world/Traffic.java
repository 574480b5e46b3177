package dev.kvorum.simulator.world;

/** The clients of a run. */
public interface Traffic {
  /** Begins to send requests; called once, before the first event. */
  void start(World world);

  /** The chaos is over: send nothing new from now on but what shows that the cluster answers. */
  void wantLast();

  /** Whether no request waits for its end. */
  boolean isQuiet();
}
