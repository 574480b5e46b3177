package dev.kvorum.loadtest.workload;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What h2load printed at its end.
 *
 * @param succeeded requests that were answered with an HTTP status of 2xx; gRPC errors are among
 *     them, so the server's revision has to be asked too
 * @param seconds from the first request to the last answer
 * @param meanMicros the mean time of a request
 * @param receivedBytes everything that came back, frames and header fields included
 */
record H2LoadReport(
    long requested, long succeeded, double seconds, double meanMicros, long receivedBytes) {
  private static final Pattern REQUESTS =
      Pattern.compile("requests: (\\d+) total, .* (\\d+) succeeded,");
  private static final Pattern TRAFFIC =
      Pattern.compile("traffic: [0-9.]+[A-Z]+ \\((\\d+)\\) total");
  private static final Pattern FINISHED = Pattern.compile("finished in ([0-9.]+[a-z]+),");

  /** Lowest, highest, mean: the third column. */
  private static final Pattern TIMES =
      Pattern.compile("time for request: +[0-9.]+[a-z]+ +[0-9.]+[a-z]+ +([0-9.]+[a-z]+)");

  private static final Pattern DURATION = Pattern.compile("([0-9.]+)(us|ms|s)");

  static H2LoadReport parse(String output) {
    Matcher requests = find(REQUESTS, output);
    return new H2LoadReport(
        Long.parseLong(requests.group(1)),
        Long.parseLong(requests.group(2)),
        micros(find(FINISHED, output).group(1)) / 1e6,
        micros(find(TIMES, output).group(1)),
        Long.parseLong(find(TRAFFIC, output).group(1)));
  }

  private static Matcher find(Pattern pattern, String output) {
    Matcher matcher = pattern.matcher(output);
    if (!matcher.find()) {
      throw new IllegalArgumentException("h2load did not print " + pattern + " but\n" + output);
    }
    return matcher;
  }

  private static double micros(String duration) {
    Matcher parts = DURATION.matcher(duration);
    if (!parts.matches()) {
      throw new IllegalArgumentException("not a duration of h2load: " + duration);
    }
    double number = Double.parseDouble(parts.group(1));
    return switch (parts.group(2)) {
      case "us" -> number;
      case "ms" -> number * 1e3;
      case "s" -> number * 1e6;
      default -> throw new IllegalStateException(duration);
    };
  }
}
