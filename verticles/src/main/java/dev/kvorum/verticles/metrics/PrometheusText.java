package dev.kvorum.verticles.metrics;

import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The Prometheus text format, version 0.0.4: for each family its help, its type, and a line a
 * series. Numbers are written as Go writes them, since that is what people compare with.
 */
public final class PrometheusText {
  public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private static final String UPPER_BOUND = "le";

  private PrometheusText() {}

  /** All families that have a series. */
  public static String of(MetricRegistry registry) {
    var text = new StringBuilder(64 << 10);
    for (var family : registry.families()) {
      if (!family.series().isEmpty()) {
        append(text, family);
      }
    }
    return text.toString();
  }

  private static void append(StringBuilder text, Family<?> family) {
    text.append("# HELP ").append(family.name()).append(' ');
    appendEscaped(text, family.help(), false);
    text.append("\n# TYPE ").append(family.name()).append(' ').append(family.type().title());
    text.append('\n');
    family
        .series()
        .forEach(
            (values, metric) -> {
              switch (metric) {
                case Counter counter ->
                    appendSample(text, family, values, goNumber((double) counter.value()));
                case Gauge gauge ->
                    appendSample(text, family, values, goNumber((double) gauge.value()));
                case Metric.Callback callback ->
                    appendSample(text, family, values, goNumber(callback.value().getAsDouble()));
                case Histogram histogram -> appendHistogram(text, family, values, histogram);
              }
            });
  }

  private static void appendSample(
      StringBuilder text, Family<?> family, List<String> values, String number) {
    text.append(family.name());
    appendLabels(text, family.labels(), values, null);
    text.append(' ').append(number).append('\n');
  }

  private static void appendHistogram(
      StringBuilder text, Family<?> family, List<String> values, Histogram histogram) {
    var buckets = histogram.buckets();
    var counts = histogram.accumulated();
    for (var index = 0; index < counts.length; index++) {
      text.append(family.name()).append("_bucket");
      var bound = index < buckets.count() ? goNumber(buckets.shown(index)) : "+Inf";
      appendLabels(text, family.labels(), values, bound);
      text.append(' ').append(counts[index]).append('\n');
    }
    text.append(family.name()).append("_sum");
    appendLabels(text, family.labels(), values, null);
    text.append(' ').append(goNumber(histogram.shownSum())).append('\n');
    text.append(family.name()).append("_count");
    appendLabels(text, family.labels(), values, null);
    text.append(' ').append(counts[counts.length - 1]).append('\n');
  }

  private static void appendLabels(
      StringBuilder text, List<String> names, List<String> values, @Nullable String upperBound) {
    if (names.isEmpty() && upperBound == null) {
      return;
    }
    var before = '{';
    for (var index = 0; index < names.size(); index++) {
      text.append(before).append(names.get(index)).append("=\"");
      appendEscaped(text, values.get(index), true);
      text.append('"');
      before = ',';
    }
    if (upperBound != null) {
      text.append(before).append(UPPER_BOUND).append("=\"").append(upperBound).append('"');
    }
    text.append('}');
  }

  private static void appendEscaped(StringBuilder text, String raw, boolean quoted) {
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
