package dev.kvorum.simulator.world;

/** How clients reach the cluster. */
public interface ClientPort {
  /** Hears how requests ended. */
  interface Listener {
    /** Called exactly once for each request, as an event of its own, never inside of a submit. */
    void replied(Request request, Reply reply);
  }

  /**
   * Sends a request on its way now. It reaches the member after the network's delay, if it does;
   * after a time-out the listener hears {@link Reply.Unknown}.
   */
  void submit(Request request, Listener listener);

  /** A request id that was not used before. */
  long nextRequestId();

  /** How many members there are to ask, those that joined later included; counted from 0. */
  int memberCount();
}
