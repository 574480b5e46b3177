package dev.kvorum.verticles.metrics;

import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The text formats of Prometheus: for each family its help, its type, and a line a series. Numbers
 * are written as Go writes them, since that is what people compare with.
 */
public final class PrometheusText {
  private static final String UPPER_BOUND = "le";
  private static final String COUNTER_SUFFIX = "_total";

  private final StringBuilder text = new StringBuilder(64 << 10);
  private final boolean open;

  private PrometheusText(ExpositionFormat format) {
    open = format == ExpositionFormat.OPEN_METRICS;
  }

  /** All families that have a series. */
  public static String of(MetricRegistry registry, ExpositionFormat format) {
    var exposition = new PrometheusText(format);
    for (var family : registry.families()) {
      if (!family.series().isEmpty()) {
        exposition.append(family);
      }
    }
    if (exposition.open) {
      exposition.text.append("# EOF\n");
    }
    return exposition.text.toString();
  }

  private void append(Family<?> family) {
    var title = family.type().title();
    var name = family.name();
    if (open && family.type() == Metric.Type.COUNTER) {
      // There a counter's samples end in _total and its family does not; what has no such end
      // cannot
      // be called a counter.
      if (name.endsWith(COUNTER_SUFFIX)) {
        name = name.substring(0, name.length() - COUNTER_SUFFIX.length());
      } else {
        title = "unknown";
      }
    }
    text.append("# HELP ").append(name).append(' ');
    appendEscaped(family.help(), open);
    text.append("\n# TYPE ").append(name).append(' ').append(title).append('\n');
    family
        .series()
        .forEach(
            (values, metric) -> {
              switch (metric) {
                case Counter counter ->
                    appendSample(family, values, number((double) counter.value()));
                case Gauge gauge -> appendSample(family, values, number((double) gauge.value()));
                case Metric.Callback callback ->
                    appendSample(family, values, number(callback.value().getAsDouble()));
                case Histogram histogram -> appendHistogram(family, values, histogram);
              }
            });
  }

  private void appendSample(Family<?> family, List<String> values, String number) {
    text.append(family.name());
    appendLabels(family.labels(), values, null);
    text.append(' ').append(number).append('\n');
  }

  private void appendHistogram(Family<?> family, List<String> values, Histogram histogram) {
    var buckets = histogram.buckets();
    var counts = histogram.accumulated();
    for (var index = 0; index < counts.length; index++) {
      text.append(family.name()).append("_bucket");
      var bound = index < buckets.count() ? number(buckets.shown(index)) : "+Inf";
      appendLabels(family.labels(), values, bound);
      text.append(' ').append(counts[index]).append('\n');
    }
    text.append(family.name()).append("_sum");
    appendLabels(family.labels(), values, null);
    text.append(' ').append(number(histogram.shownSum())).append('\n');
    text.append(family.name()).append("_count");
    appendLabels(family.labels(), values, null);
    text.append(' ').append(counts[counts.length - 1]).append('\n');
  }

  private void appendLabels(List<String> names, List<String> values, @Nullable String upperBound) {
    if (names.isEmpty() && upperBound == null) {
      return;
    }
    var before = '{';
    for (var index = 0; index < names.size(); index++) {
      text.append(before).append(names.get(index)).append("=\"");
      appendEscaped(values.get(index), true);
      text.append('"');
      before = ',';
    }
    if (upperBound != null) {
      text.append(before).append(UPPER_BOUND).append("=\"").append(upperBound).append('"');
    }
    text.append('}');
  }

  private void appendEscaped(String raw, boolean quoted) {
    for (var index = 0; index < raw.length(); index++) {
      var character = raw.charAt(index);
      switch (character) {
        case '\\' -> text.append("\\\\");
        case '\n' -> text.append("\\n");
        case '"' -> text.append(quoted ? "\\\"" : "\"");
        default -> text.append(character);
      }
    }
  }

  private String number(double number) {
    var digits = goNumber(number);
    // The newer format shows that a number need not be whole.
    var looksWhole = digits.chars().allMatch(c -> c == '-' || (c >= '0' && c <= '9'));
    return open && looksWhole ? digits + ".0" : digits;
  }

  /**
   * The shortest digits that read back as the number, with an exponent of at least two digits when
   * it is below -4 or above 5: {@code 0.0001}, {@code 123456}, {@code 1.234567e+06}.
   */
  static String goNumber(double number) {
    if (Double.isNaN(number)) {
      return "NaN";
    }
    if (Double.isInfinite(number)) {
      return number > 0 ? "+Inf" : "-Inf";
    }
    if (number == 0) {
      return "0";
    }
    var decimal = new BigDecimal(Double.toString(number)).stripTrailingZeros();
    var exponent = decimal.precision() - decimal.scale() - 1;
    if (exponent >= -4 && exponent < 6) {
      return decimal.toPlainString();
    }
    var digits = decimal.unscaledValue().abs().toString();
    var mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
    var sign = number < 0 ? "-" : "";
    var exponentSign = exponent < 0 ? "-" : "+";
    var magnitude = Math.abs(exponent);
    return sign + mantissa + "e" + exponentSign + (magnitude < 10 ? "0" : "") + magnitude;
  }
}
