package dev.kvorum.loadtest.workload;

import com.google.protobuf.ByteString;
import dev.kvorum.loadtest.wire.StreamConnection;
import dev.kvorum.loadtest.wire.StreamLoop;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Keeps as many calls open as a shape says, each with a request of its own: when one ends, the next
 * begins. h2load has one request for all calls; this is for loads whose requests differ.
 */
final class ClosedLoop implements StreamLoop.Listener, AutoCloseable {
  private static final long REST_NANOS = 1_000_000;
  private static final long PATIENCE_NANOS = Duration.ofSeconds(30).toNanos();

  /** What came back in a time. */
  record Outcome(long ended, long messages, double seconds) {
    double rate() {
      return ended / seconds;
    }
  }

  private final StreamLoop loop = new StreamLoop();
  private final String method;
  private final Supplier<ByteString> requests;
  private boolean running = true;
  private int open;
  private long ended;
  private long messages;

  /** Connects, and opens the first calls with the first {@link #run}. */
  ClosedLoop(int port, String method, Shape shape, Supplier<ByteString> requests) {
    this.method = method;
    this.requests = requests;
    for (int at = 0; at < shape.connections(); at++) {
      StreamConnection connection = loop.connect(port, this);
      for (int stream = 0; stream < shape.streams(); stream++) {
        begin(connection);
      }
    }
  }

  private void begin(StreamConnection connection) {
    open++;
    int _ = connection.open(method, requests.get(), true);
  }

  /** Goes on for that long. */
  Outcome run(Duration time) {
    long endedBefore = ended;
    long messagesBefore = messages;
    long began = System.nanoTime();
    while (System.nanoTime() - began < time.toNanos()) {
      loop.poll(REST_NANOS);
    }
    return new Outcome(
        ended - endedBefore, messages - messagesBefore, (System.nanoTime() - began) / 1e9);
  }

  /**
   * Begins no further call and waits for those that are open.
   *
   * @return what came back from the first call to the last
   */
  Outcome finish() throws VoidRunException {
    running = false;
    long began = System.nanoTime();
    while (open > 0) {
      if (System.nanoTime() - began > PATIENCE_NANOS) {
        throw new VoidRunException(open + " calls were never answered");
      }
      loop.poll(REST_NANOS);
    }
    return new Outcome(ended, messages, 0);
  }

  @Override
  public void message(StreamConnection connection, int stream, byte[] bytes, int from, int size) {
    messages++;
  }

  @Override
  public void ended(StreamConnection connection, int stream) {
    open--;
    ended++;
    if (running) {
      begin(connection);
    }
  }

  @Override
  public void close() {
    loop.close();
  }
}
