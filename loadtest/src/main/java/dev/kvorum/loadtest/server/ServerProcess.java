package dev.kvorum.loadtest.server;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.GrpcStatusException;
import dev.kvorum.loadtest.wire.Methods;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A server process that this program started, and that it ends whatever happens: at {@link
 * #close()}, or when this virtual machine exits.
 */
public final class ServerProcess implements AutoCloseable {
  private static final RangeRequest ANY_LINEARIZABLE_READ =
      RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("ready?")).build();
  private static final Duration BETWEEN_PROBES = Duration.ofMillis(5);
  private static final Duration PROBE_PATIENCE = Duration.ofSeconds(2);

  private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroyForcibly)));
  }

  private final ServerPlan plan;
  private final Process process;
  private final Path log;
  private final long startedNanos;

  private ServerProcess(ServerPlan plan, Process process, Path log, long startedNanos) {
    this.plan = plan;
    this.process = process;
    this.log = log;
    this.startedNanos = startedNanos;
  }

  /**
   * Executes the plan's command and returns at once.
   *
   * @param log takes what the process prints; it is appended to
   */
  public static ServerProcess start(ServerPlan plan, Path log) {
    try {
      ProcessBuilder builder =
          new ProcessBuilder(plan.command())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
      long startedNanos = System.nanoTime();
      Process process = builder.start();
      RUNNING.add(process);
      return new ServerProcess(plan, process, log, startedNanos);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /**
   * Waits for the first answered linearizable read.
   *
   * @return the time from the start of the process to that answer
   * @throws IllegalStateException with the end of the log if the process ends or takes longer than
   *     {@code patience}
   */
  public Duration awaitReady(GrpcClient client, Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      try {
        client.await(Methods.RANGE, ANY_LINEARIZABLE_READ, PROBE_PATIENCE);
        return Duration.ofNanos(System.nanoTime() - startedNanos);
      } catch (IllegalStateException | GrpcStatusException notYet) {
        if (process.waitFor(BETWEEN_PROBES.toNanos(), TimeUnit.NANOSECONDS)) {
          throw new IllegalStateException(
              plan.product().label()
                  + " ended with status "
                  + process.exitValue()
                  + " before it was ready:\n"
                  + endOfLog(),
              notYet);
        }
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException(
              plan.product().label() + " is not ready after " + patience + ":\n" + endOfLog(),
              notYet);
        }
      }
    }
  }

  public ServerPlan plan() {
    return plan;
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  public Path log() {
    return log;
  }

  /** What the process has cost so far. */
  public ProcessUsage usage() {
    return ProcessUsage.of(pid());
  }

  /** Ends the process with SIGKILL and waits until it is gone. */
  public void killHard() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
    RUNNING.remove(process);
  }

  /** Sends SIGTERM; {@link #awaitExit} tells what became of it. */
  public void terminate() {
    process.destroy();
  }

  /**
   * Waits for the process to end by itself.
   *
   * @return its exit status, 128 plus the number of the signal if one ended it
   * @throws IllegalStateException with the end of the log if it is still there after {@code
   *     patience}
   */
  public int awaitExit(Duration patience) throws InterruptedException {
    if (!process.waitFor(patience.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new IllegalStateException(
          plan.product().label() + " still runs after " + patience + ":\n" + endOfLog());
    }
    RUNNING.remove(process);
    return process.exitValue();
  }

  /** The last lines that the process printed. */
  public String endOfLog() {
    try {
      List<String> lines = Files.readAllLines(log);
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 40), lines.size()));
    } catch (IOException unreadable) {
      return "(no log: " + unreadable + ")";
    }
  }

  @Override
  public void close() {
    boolean interrupted = false;
    process.destroyForcibly();
    while (true) {
      try {
        process.waitFor();
        break;
      } catch (InterruptedException again) {
        interrupted = true;
      }
    }
    RUNNING.remove(process);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
