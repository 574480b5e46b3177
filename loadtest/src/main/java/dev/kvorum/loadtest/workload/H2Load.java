package dev.kvorum.loadtest.workload;

import com.google.protobuf.Message;
import dev.kvorum.loadtest.server.Programs;
import dev.kvorum.loadtest.server.Scratch;
import dev.kvorum.loadtest.wire.Frames;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs the load generator h2load, one process for each different request.
 *
 * <p>It always sends a fixed number of requests and waits for all answers. (Its timed mode leaves
 * requests in flight at the end, of which nobody knows whether they took effect.)
 */
final class H2Load {
  private final Scratch scratch;
  private final String url;
  private final List<Path> bodies = new ArrayList<>();

  /** Two to this power is how much a client takes without asking; 0 for h2load's own choice. */
  private int windowBits;

  /**
   * A load of one method.
   *
   * @param requests one for each process
   * @param times how often the message stands in one call
   */
  H2Load(Scratch scratch, int port, String method, List<? extends Message> requests, int times) {
    this.scratch = scratch;
    this.url = "http://127.0.0.1:" + port + "/" + method;
    for (Message request : requests) {
      Path body = scratch.fresh("body");
      try {
        Buffer frames = Buffer.buffer();
        for (int time = 0; time < times; time++) {
          frames.appendBuffer(Frames.encode(request.toByteString()));
        }
        Files.write(body, frames.getBytes());
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      }
      bodies.add(body);
    }
  }

  /** For large answers: the client's credit is not what is measured. */
  H2Load withWindow(int bits) {
    windowBits = bits;
    return this;
  }

  /** What all processes of one run did together. */
  record Outcome(
      long requested,
      long succeeded,
      double seconds,
      double meanMicros,
      long receivedBytes,
      Latencies log) {
    double rate() {
      return succeeded / seconds;
    }
  }

  /**
   * Sends about {@code requests} requests, at least one on every connection.
   *
   * @param requestsPerSecond of all connections together; 0 for as fast as answers come
   * @param patience after which the processes are ended and the run is void
   */
  Outcome run(Shape shape, long requests, long requestsPerSecond, Duration patience)
      throws VoidRunException, InterruptedException {
    int connections = Math.max(1, shape.connections() / bodies.size());
    long each = Math.max(connections, requests / bodies.size());
    List<Process> processes = new ArrayList<>();
    List<Path> outputs = new ArrayList<>();
    List<Path> logs = new ArrayList<>();
    try {
      for (Path body : bodies) {
        Path output = scratch.fresh("h2load");
        List<String> command = command(shape, connections, each, body);
        if (requestsPerSecond > 0) {
          long perConnection = requestsPerSecond / ((long) connections * bodies.size());
          command.add("--rps=" + Math.max(1, perConnection));
          Path log = scratch.fresh("latencies");
          command.add("--log-file=" + log);
          logs.add(log);
        }
        if (windowBits > 0) {
          command.add("-w" + windowBits);
          command.add("-W" + windowBits);
        }
        command.add(url);
        outputs.add(output);
        processes.add(
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start());
      }
      long deadline = System.nanoTime() + patience.toNanos();
      for (Process process : processes) {
        if (!process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
          throw new VoidRunException("h2load is not done after " + patience);
        }
      }
      return outcome(outputs, logs);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } finally {
      processes.forEach(Process::destroyForcibly);
      outputs.forEach(Scratch::delete);
      logs.forEach(Scratch::delete);
    }
  }

  private static List<String> command(Shape shape, int connections, long requests, Path body) {
    String program =
        Programs.peer("h2load")
            .orElseThrow(
                () -> new IllegalStateException("h2load is missing: install nghttp2-client"))
            .toString();
    return new ArrayList<>(
        List.of(
            program,
            "-c" + connections,
            "-m" + shape.streams(),
            "-n" + requests,
            "-d" + body,
            "-Hcontent-type: application/grpc",
            "-Hte: trailers"));
  }

  private static Outcome outcome(List<Path> outputs, List<Path> logs) throws IOException {
    long requested = 0;
    long succeeded = 0;
    double seconds = 0;
    double micros = 0;
    long bytes = 0;
    for (Path output : outputs) {
      H2LoadReport report = H2LoadReport.parse(Files.readString(output));
      requested += report.requested();
      succeeded += report.succeeded();
      seconds = Math.max(seconds, report.seconds());
      bytes += report.receivedBytes();
      micros += report.meanMicros() * report.succeeded();
    }
    return new Outcome(
        requested,
        succeeded,
        seconds,
        micros / Math.max(1, succeeded),
        bytes,
        Latencies.read(logs));
  }
}
