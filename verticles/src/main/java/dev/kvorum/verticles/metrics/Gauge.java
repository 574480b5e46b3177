package dev.kvorum.verticles.metrics;

import java.util.concurrent.atomic.AtomicLong;

/** A number that goes up and down. Any thread may change it. */
public final class Gauge implements Metric {
  private final AtomicLong value = new AtomicLong();

  public void set(long now) {
    value.set(now);
  }

  public void add(long amount) {
    value.addAndGet(amount);
  }

  public long value() {
    return value.get();
  }
}
