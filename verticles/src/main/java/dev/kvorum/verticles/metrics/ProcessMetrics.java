package dev.kvorum.verticles.metrics;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The process as Linux sees it, read at each scrape. Where there is no {@code /proc} the values are
 * zero.
 */
final class ProcessMetrics {
  /** Linux shows times in hundredths of a second, whatever its own clock does. */
  private static final double TICKS_A_SECOND = 100;

  /** What an unlimited limit is shown as: the greatest 64-bit number. */
  private static final double UNLIMITED = 0x1p64;

  private static final Path PROCESS = Path.of("/proc/self");

  /** Fields of {@code stat} behind the parenthesis that closes the program's name. */
  private static final int USER_TICKS = 11;

  private static final int SYSTEM_TICKS = 12;
  private static final int VIRTUAL_BYTES = 20;

  private ProcessMetrics() {}

  static void register(MetricRegistry registry) {
    registry.counter(
        "process_cpu_seconds_total",
        "CPU time of the process, user and system.",
        () -> (stat(USER_TICKS) + stat(SYSTEM_TICKS)) / TICKS_A_SECOND);
    registry.gauge("process_virtual_memory_bytes", "Virtual memory.", () -> stat(VIRTUAL_BYTES));
    registry.gauge(
        "process_virtual_memory_max_bytes",
        "Limit of virtual memory.",
        () -> limit("Max address space"));
    registry.gauge("process_resident_memory_bytes", "Resident memory.", () -> residentBytes());
    registry.gauge(
        "process_start_time_seconds", "Start, in seconds since 1970.", () -> startSeconds());
    for (var name : List.of("process_open_fds", "os_fd_used")) {
      registry.gauge(name, "Open file descriptors.", () -> openFiles());
    }
    for (var name : List.of("process_max_fds", "os_fd_limit")) {
      registry.gauge(name, "Limit of open file descriptors.", () -> limit("Max open files"));
    }
    registry.counter(
        "process_network_receive_bytes_total",
        "Bytes received in the process's network namespace.",
        () -> network("InOctets"));
    registry.counter(
        "process_network_transmit_bytes_total",
        "Bytes sent in the process's network namespace.",
        () -> network("OutOctets"));
  }

  private static double stat(int field) {
    var line = String.join(" ", lines("stat"));
    var fields = line.substring(line.lastIndexOf(')') + 1).strip().split(" ", -1);
    return fields.length > field ? Double.parseDouble(fields[field]) : 0;
  }

  private static double residentBytes() {
    for (var line : lines("status")) {
      if (line.startsWith("VmRSS:")) {
        return Double.parseDouble(line.replaceAll("[^0-9]", "")) * 1024;
      }
    }
    return 0;
  }

  private static double limit(String title) {
    for (var line : lines("limits")) {
      if (line.startsWith(title)) {
        var soft = line.substring(title.length()).strip().split(" ", -1)[0];
        return soft.equals("unlimited") ? UNLIMITED : Double.parseDouble(soft);
      }
    }
    return 0;
  }

  private static double startSeconds() {
    return ProcessHandle.current()
        .info()
        .startInstant()
        .map(start -> start.toEpochMilli() / 1000.0)
        .orElse(0.0);
  }

  private static double openFiles() {
    try (Stream<Path> files = Files.list(PROCESS.resolve("fd"))) {
      return files.count();
    } catch (IOException _) {
      return 0;
    }
  }

  /** The first line that begins with {@code IpExt} names the numbers of the second. */
  private static double network(String column) {
    var rows = lines("net/netstat").stream().filter(line -> line.startsWith("IpExt:")).toList();
    if (rows.size() < 2) {
      return 0;
    }
    var names = List.of(rows.get(0).split(" ", -1));
    var values = rows.get(1).split(" ", -1);
    var at = names.indexOf(column);
    return at < 0 || at >= values.length ? 0 : Double.parseDouble(values[at]);
  }

  private static List<String> lines(String file) {
    try {
      return Files.readAllLines(PROCESS.resolve(file));
    } catch (IOException _) {
      return List.of();
    }
  }
}
