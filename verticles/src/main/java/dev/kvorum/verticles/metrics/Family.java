package dev.kvorum.verticles.metrics;

import dev.kvorum.storage.model.InvariantViolation;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * All series of one name: one for each combination of label values that was ever asked for. Asking
 * searches a map, so whoever observes often keeps the series.
 */
public final class Family<M extends Metric> {
  private static final Comparator<List<String>> BY_VALUES =
      (left, right) -> {
        for (var index = 0; index < left.size(); index++) {
          var order = left.get(index).compareTo(right.get(index));
          if (order != 0) {
            return order;
          }
        }
        return 0;
      };

  private final String name;
  private final String help;
  private final Metric.Type type;
  private final List<String> labels;
  private final Supplier<M> create;
  private final ConcurrentSkipListMap<List<String>, M> series =
      new ConcurrentSkipListMap<>(BY_VALUES);

  Family(String name, String help, Metric.Type type, List<String> labels, Supplier<M> create) {
    InvariantViolation.check(
        labels.stream().sorted().toList().equals(labels),
        name + ": labels are shown in the order of their names, so they are given in it");
    this.name = name;
    this.help = help;
    this.type = type;
    this.labels = labels;
    this.create = create;
  }

  /** The series with these values of the labels, in the order of the labels; made when missing. */
  public M with(String... values) {
    if (values.length != labels.size()) {
      throw new InvariantViolation(name + " has labels " + labels);
    }
    return series.computeIfAbsent(Stream.of(values).toList(), _ -> create.get());
  }

  /** The series with these values stops being shown. */
  public void remove(String... values) {
    series.remove(Stream.of(values).toList());
  }

  public String name() {
    return name;
  }

  public String help() {
    return help;
  }

  public Metric.Type type() {
    return type;
  }

  public List<String> labels() {
    return labels;
  }

  /** By label values, ascending. */
  public Map<List<String>, M> series() {
    return series;
  }
}
