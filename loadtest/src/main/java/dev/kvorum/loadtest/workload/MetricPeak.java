package dev.kvorum.loadtest.workload;

import java.util.concurrent.atomic.DoubleAccumulator;

/**
 * Looks at a metric of a server several times a second, for what is over before anybody who comes
 * later could see it.
 */
final class MetricPeak implements AutoCloseable {
  private static final long PAUSE_MILLIS = 200;

  private final Target target;
  private final String metric;
  private final DoubleAccumulator highest = new DoubleAccumulator(Math::max, 0);
  private final Thread thread;

  private MetricPeak(Target target, String metric) {
    this.target = target;
    this.metric = metric;
    thread = Thread.ofPlatform().daemon().name("metric-peak").unstarted(this::run);
  }

  static MetricPeak follow(Target target, String metric) {
    MetricPeak peak = new MetricPeak(target, metric);
    peak.thread.start();
    return peak;
  }

  /** The highest value that was seen so far; 0 if the server has no such metric. */
  double highest() {
    return highest.get();
  }

  private void run() {
    try {
      while (true) {
        highest.accumulate(target.metric(metric));
        Thread.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException _) {
      // It is closed.
    } catch (VoidRunException unreadable) {
      throw new IllegalStateException(unreadable);
    }
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
