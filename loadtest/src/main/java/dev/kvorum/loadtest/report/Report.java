package dev.kvorum.loadtest.report;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The comparisons of one benchmark in one variant.
 *
 * @param benchmark such as {@code put}
 * @param variant such as {@code 8x16}
 * @param first the first server's name and version
 * @param second the second server's name and version, empty if there is none
 */
public record Report(
    String benchmark, String variant, String first, String second, List<Comparison> comparisons) {

  public Report {
    comparisons = List.copyOf(comparisons);
  }

  /** What one server showed, with none beside it. */
  public static Report alone(String benchmark, String variant, String server, Sample sample) {
    List<Comparison> values = new ArrayList<>();
    sample
        .values()
        .forEach((metric, value) -> values.add(new Comparison(metric, value, 0, 0, 0, 0, 1)));
    return new Report(benchmark, variant, server, "", values);
  }

  private boolean isAlone() {
    return second.isEmpty();
  }

  /** A table for people: one line a metric. */
  public String table() {
    StringBuilder table = new StringBuilder();
    if (isAlone()) {
      table.append(String.format(Locale.ROOT, "%s %s, %s%n", benchmark, variant, first));
      for (Comparison line : comparisons) {
        table.append(
            String.format(
                Locale.ROOT,
                "  %-26s %14s %s%n",
                line.metric().label(),
                number(line.first()),
                line.metric().unit()));
      }
      return table.toString();
    }
    table.append(
        String.format(
            Locale.ROOT,
            "%-24s %-8s %14s %14s   %s%n",
            benchmark + " " + variant,
            "",
            first,
            second,
            "ratio (lowest .. highest of pairs)"));
    for (Comparison line : comparisons) {
      table.append(
          String.format(
              Locale.ROOT,
              "  %-22s %-8s %14s %14s   %.2f (%.2f .. %.2f of %d), %s is better%n",
              line.metric().label(),
              line.metric().unit(),
              number(line.first()),
              number(line.second()),
              line.ratio(),
              line.lowestRatio(),
              line.highestRatio(),
              line.pairs(),
              line.metric().moreIsBetter() ? "more" : "less"));
    }
    return table.toString();
  }

  /** The same on one line for programs. */
  public JsonObject json() {
    JsonArray metrics = new JsonArray();
    for (Comparison line : comparisons) {
      metrics.add(
          new JsonObject()
              .put("metric", line.metric().name().toLowerCase(Locale.ROOT))
              .put("unit", line.metric().unit())
              .put("first", line.first()));
      if (!isAlone()) {
        metrics
            .getJsonObject(metrics.size() - 1)
            .put("second", line.second())
            .put("ratio", line.ratio())
            .put("lowest", line.lowestRatio())
            .put("highest", line.highestRatio())
            .put("pairs", line.pairs());
      }
    }
    return new JsonObject()
        .put("benchmark", benchmark)
        .put("variant", variant)
        .put("first", first)
        .put("second", second)
        .put("metrics", metrics);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 1000 ? "%.2f" : "%,.0f", value);
  }
}
