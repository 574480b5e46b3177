package dev.kvorum.verticles.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What we export is exactly what the contract's table says, and what we leave out is listed. */
final class NodeMetricsContractTest {
  /** One line of the table. */
  private record Row(
      String name, String type, List<String> labels, String buckets, boolean onFreshMember) {}

  private static final Pattern DOUBLING =
      Pattern.compile("exp\\(start=([0-9.]+),factor=2,count=([0-9]+)\\)");

  private final NodeMetrics metrics =
      new NodeMetrics(
          new NodeMetrics.NodeLabels(0x8e9e05c52164694dL, "3.7.1", "java25", 2L << 30),
          () -> NodeState.UNKNOWN,
          true);

  @Test
  void everyExportedFamilyIsInTheTableWithItsTypeAndLabels() throws IOException {
    var table = table();
    for (var family : families()) {
      var row = Objects.requireNonNull(table.get(family.name()), family.name());
      assertThat(family.type().title()).as(family.name()).isEqualTo(row.type());
      assertThat(family.labels()).as(family.name()).isEqualTo(row.labels());
    }
  }

  @Test
  void everyHistogramHasTheBucketsOfTheTable() throws IOException {
    var table = table();
    // Some series only appear with their first observation.
    metrics.rpc().method("etcdserverpb.KV", "Put", RpcMetrics.Kind.UNARY).finished(0, 1);
    var checked = 0;
    for (var family : families()) {
      for (var metric : family.series().values()) {
        if (metric instanceof Histogram histogram) {
          var expected = bounds(Objects.requireNonNull(table.get(family.name())).buckets());
          var found = new ArrayList<Double>();
          for (var index = 0; index < histogram.buckets().count(); index++) {
            found.add(histogram.buckets().shown(index));
          }
          assertThat(found).as(family.name()).isEqualTo(expected);
          checked++;
        }
      }
    }
    assertThat(checked).isGreaterThan(20);
  }

  @Test
  void familiesThatAFreshMemberShowsAreShownFromTheStart() throws IOException {
    // The RPC layer registers its methods, and the cluster version is decided, before readiness.
    metrics.rpc().method("etcdserverpb.KV", "Range", RpcMetrics.Kind.UNARY);
    metrics.server().clusterVersion("3.7.0");
    var shown = metrics.scrape();
    for (var family : families()) {
      var row = Objects.requireNonNull(table().get(family.name()));
      if (row.onFreshMember()) {
        assertThat(shown).contains("# TYPE " + row.name() + " " + row.type() + "\n");
      }
    }
  }

  /** The list is reviewed: a family moves out of it when the feature that feeds it is built. */
  @Test
  void familiesThatAreNotExportedYetAreListedWithTheirReason() throws IOException {
    var missing = new TreeSet<>(table().keySet());
    families().forEach(family -> missing.remove(family.name()));
    var listed = new TreeSet<String>();
    for (var line : lines("/metrics/not-exported.tsv")) {
      var fields = line.split("\t");
      assertThat(fields).as(line).hasSize(2);
      listed.add(fields[0]);
    }
    assertThat(listed).isEqualTo(missing);
  }

  /** The families that etcd has too; ours have a first word of their own. */
  private List<Family<?>> families() {
    return metrics.registry().families().stream()
        .filter(family -> !family.name().startsWith("kvorum_"))
        .toList();
  }

  private static List<Double> bounds(String buckets) {
    if (buckets.equals("prometheus default (0.005..10)")) {
      return List.of(.005, .01, .025, .05, .1, .25, .5, 1.0, 2.5, 5.0, 10.0);
    }
    var matcher = DOUBLING.matcher(buckets);
    assertThat(matcher.matches()).as(buckets).isTrue();
    var bounds = new ArrayList<Double>();
    for (var power = 0; power < Integer.parseInt(matcher.group(2)); power++) {
      bounds.add(Double.parseDouble(matcher.group(1)) * Math.pow(2, power));
    }
    return bounds;
  }

  private static Map<String, Row> table() throws IOException {
    var rows = new TreeMap<String, Row>();
    var lines = lines("/contract/metrics.tsv");
    for (var line : lines.subList(1, lines.size())) {
      var fields = line.split("\t", -1);
      var labels =
          fields[2].equals("-")
              ? List.<String>of()
              : List.of(fields[2].split(",")).stream().sorted().toList();
      rows.put(fields[0], new Row(fields[0], fields[1], labels, fields[4], fields[7].equals("y")));
    }
    return rows;
  }

  private static List<String> lines(String resource) throws IOException {
    try (InputStream stream =
        Objects.requireNonNull(NodeMetricsContractTest.class.getResourceAsStream(resource))) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }
}
