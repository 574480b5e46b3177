package dev.kvorum.simulator.client;

/** A client that keeps something going over many calls: a watch, a lease, a lock. */
interface Session {
  /** Begins; called once. */
  void start();

  /** The chaos is over: shows that what it keeps going works, and then is quiet. */
  void wantLast();

  /** Whether it waits for nothing any more. */
  boolean isQuiet();
}
