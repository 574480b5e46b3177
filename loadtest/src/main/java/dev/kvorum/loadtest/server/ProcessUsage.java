package dev.kvorum.loadtest.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a process has used, as Linux counts it.
 *
 * @param cpuSeconds user and system time since its start, in steps of 10 ms
 * @param residentBytes the memory it has in RAM now (VmRSS)
 * @param anonymousBytes the part of that which no file backs
 * @param peakResidentBytes the most it had in RAM since its start or {@link #forgetPeak} (VmHWM)
 */
public record ProcessUsage(
    double cpuSeconds, long residentBytes, long anonymousBytes, long peakResidentBytes) {
  /** Linux shows times to programs in hundredths of a second, whatever its own clock does. */
  private static final double TICKS_PER_SECOND = 100;

  /** Of the fields of {@code /proc/PID/stat} after the program's name: user and system time. */
  private static final int USER_TICKS = 11;

  private static final int SYSTEM_TICKS = 12;

  /** Reads the usage of a live process. */
  public static ProcessUsage of(long pid) {
    Path directory = Path.of("/proc", Long.toString(pid));
    try {
      return parse(
          Files.readString(directory.resolve("stat")),
          Files.readAllLines(directory.resolve("status")));
    } catch (IOException gone) {
      throw new UncheckedIOException("process " + pid + " cannot be read", gone);
    }
  }

  /** Lets the peak begin anew at what the process has now. */
  public static void forgetPeak(long pid) {
    try {
      Files.writeString(Path.of("/proc", Long.toString(pid), "clear_refs"), "5");
    } catch (IOException gone) {
      throw new UncheckedIOException("process " + pid + " cannot be told", gone);
    }
  }

  static ProcessUsage parse(String stat, List<String> status) {
    // The name stands in parentheses and may itself hold blanks and parentheses.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    double ticks =
        Double.parseDouble(fields[USER_TICKS]) + Double.parseDouble(fields[SYSTEM_TICKS]);
    return new ProcessUsage(
        ticks / TICKS_PER_SECOND,
        bytes(status, "VmRSS:"),
        bytes(status, "RssAnon:"),
        bytes(status, "VmHWM:"));
  }

  /** A line such as {@code VmRSS: 1234 kB}. */
  private static long bytes(List<String> status, String label) {
    return status.stream()
        .filter(line -> line.startsWith(label))
        .map(line -> line.substring(label.length()).trim())
        .mapToLong(value -> Long.parseLong(value.substring(0, value.indexOf(' '))) << 10)
        .findFirst()
        .orElse(0);
  }
}
