package dev.kvorum.simulator.command;

import dev.kvorum.simulator.Simulation;
import dev.kvorum.simulator.Verdict;
import dev.kvorum.simulator.engine.Coverage;
import dev.kvorum.simulator.plan.Plan;
import dev.kvorum.simulator.plan.Swarm;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;

/** Runs seeds, several at a time and each on one thread, and adds up what they tell. */
public final class SeedRuns {
  /**
   * What all seeds together told.
   *
   * @param failures by seed ascending
   * @param cpuNanos of all threads
   */
  public record Total(
      long seeds,
      long events,
      long simulatedNanos,
      long cpuNanos,
      Coverage coverage,
      List<Verdict.Failed> failures) {
    /** How many events one core handles in a millisecond. */
    public long eventsPerMilli() {
      return events * 1_000_000 / Math.max(cpuNanos, 1);
    }
  }

  private final Function<Long, Plan> plans;
  private final Consumer<Total> progress;

  /**
   * @param plans the plan of a seed
   * @param progress is told now and then how far the runs are; failures included at once
   */
  public SeedRuns(Function<Long, Plan> plans, Consumer<Total> progress) {
    this.plans = plans;
    this.progress = progress;
  }

  /** Ordinary seeds of that size. */
  public static SeedRuns ordinary(int nodes, long events, Consumer<Total> progress) {
    return new SeedRuns(seed -> Swarm.draw(seed, nodes, events), progress);
  }

  /** Runs the seeds {@code [from, from + count)}. */
  public Total run(long from, long count, int threads) throws InterruptedException {
    var next = new AtomicLong(from);
    var parts = new ConcurrentLinkedQueue<Part>();
    var workers = new ArrayList<Thread>();
    for (var i = 0; i < Math.min(threads, count); i++) {
      var part = new Part();
      parts.add(part);
      workers.add(
          Thread.ofPlatform().name("seeds-" + i).start(() -> work(part, next, from + count)));
    }
    for (var worker : workers) {
      while (!worker.join(java.time.Duration.ofSeconds(5))) {
        progress.accept(total(parts));
      }
    }
    return total(parts);
  }

  private void work(Part part, AtomicLong next, long end) {
    while (true) {
      var seed = next.getAndIncrement();
      if (seed >= end) {
        return;
      }
      var began = cpuNanos();
      var verdict = Simulation.run(plans.apply(seed), null);
      part.add(verdict, cpuNanos() - began);
    }
  }

  private static long cpuNanos() {
    return java.lang.management.ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static Total total(Iterable<Part> parts) {
    var seeds = 0L;
    var events = 0L;
    var simulated = 0L;
    var cpu = 0L;
    var coverage = new Coverage();
    var failures = new ArrayList<Verdict.Failed>();
    for (var part : parts) {
      synchronized (part) {
        seeds += part.seeds;
        events += part.events;
        simulated += part.simulatedNanos;
        cpu += part.cpuNanos;
        coverage.add(part.coverage);
        failures.addAll(part.failures);
      }
    }
    failures.sort(java.util.Comparator.comparingLong(failed -> failed.plan().seed()));
    return new Total(seeds, events, simulated, cpu, coverage, failures);
  }

  /** What one thread has done. */
  private static final class Part {
    private final Coverage coverage = new Coverage();
    private final List<Verdict.Failed> failures = new ArrayList<>();
    private long seeds;
    private long events;
    private long simulatedNanos;
    private long cpuNanos;

    synchronized void add(Verdict verdict, long tookNanos) {
      seeds++;
      events += verdict.events();
      cpuNanos += tookNanos;
      coverage.add(verdict.coverage());
      switch (verdict) {
        case Verdict.Held held -> simulatedNanos += held.simulatedNanos();
        case Verdict.Failed failed -> failures.add(failed);
      }
    }
  }
}
