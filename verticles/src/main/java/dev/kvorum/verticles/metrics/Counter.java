package dev.kvorum.verticles.metrics;

import java.util.concurrent.atomic.LongAdder;

/** A number that only grows. Any thread may add to it. */
public final class Counter implements Metric {
  private final LongAdder value = new LongAdder();

  public void increment() {
    value.increment();
  }

  public void add(long amount) {
    value.add(amount);
  }

  public long value() {
    return value.sum();
  }
}
