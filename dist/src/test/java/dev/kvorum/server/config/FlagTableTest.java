package dev.kvorum.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The table of flags, against the contract's, row by row. */
class FlagTableTest {
  /** A row of the contract: where it belongs, then what it says. */
  private record Row(
      String group, String name, String variable, String defaultText, String type, String key) {}

  /** Words of the contract's type column, and how we read such a value. */
  private static final Map<String, FlagType> TYPES =
      Map.ofEntries(
          Map.entry("bool", FlagType.BOOL),
          Map.entry("duration", FlagType.DURATION),
          Map.entry("int", FlagType.INT),
          Map.entry("int64", FlagType.INT64),
          Map.entry("uint", FlagType.UINT),
          Map.entry("uint ms", FlagType.UINT),
          Map.entry("uint seconds", FlagType.UINT),
          Map.entry("uint years", FlagType.UINT),
          Map.entry("uint32", FlagType.UINT32),
          Map.entry("uint64", FlagType.UINT64),
          Map.entry("url list", FlagType.URLS),
          Map.entry("url list or *", FlagType.URLS_OR_STAR),
          Map.entry("string list", FlagType.LIST),
          Map.entry("new|existing", FlagType.NEW_OR_EXISTING),
          Map.entry("exit|proxy", FlagType.EXIT_OR_PROXY),
          Map.entry("enum", FlagType.V2_DEPRECATION),
          Map.entry("map", FlagType.FEATURE_GATES),
          Map.entry("any", FlagType.ANY));

  private static final Set<String> IN_EFFECT =
      Set.of(
          "name",
          "data-dir",
          "wal-dir",
          "listen-client-urls",
          "advertise-client-urls",
          "listen-peer-urls",
          "initial-advertise-peer-urls",
          "initial-cluster",
          "initial-cluster-state",
          "initial-cluster-token",
          "max-request-bytes",
          "max-txn-ops",
          "max-concurrent-streams",
          "quota-backend-bytes",
          "snapshot-count",
          "watch-progress-notify-interval",
          "unsafe-no-fsync",
          "heartbeat-interval",
          "election-timeout",
          "auto-compaction-mode",
          "auto-compaction-retention",
          "log-level",
          "logger",
          "log-outputs",
          "log-format",
          "warning-unary-request-duration",
          "warning-apply-duration",
          "config-file",
          "feature-gates",
          "version");

  @Test
  void everyFlagOfTheContractIsHereAndNoOther() {
    var expected =
        rows().stream()
            .filter(row -> row.group.equals("server") || row.group.equals("ignored"))
            .map(Row::name)
            .toList();

    assertThat(FlagTable.FLAGS).extracting(Flag::name).containsExactlyElementsOf(expected);
  }

  @Test
  void variablesDefaultsTypesAndKeysAreTheContracts() {
    for (var row : rows("server")) {
      var flag = FlagTable.known(row.name);
      assertThat(flag.variable()).isEqualTo(row.variable);
      assertThat(flag.fileKey()).as(row.name).isEqualTo(row.key.equals("-") ? "" : row.key);
      assertThat(flag.defaultText()).as(row.name).isEqualTo(plainDefault(row));
      // In a file this list is one text with commas, unlike the others.
      var type = row.name.equals("host-whitelist") ? FlagType.TEXT : TYPES.get(row.type);
      assertThat(flag.type()).as(row.name).isEqualTo(type == null ? FlagType.TEXT : type);
    }
  }

  @Test
  void everyDefaultCanBeRead() throws ConfigException {
    for (var flag : FlagTable.FLAGS) {
      if (!flag.defaultText().isEmpty()) {
        flag.type().check(flag.defaultText());
      }
    }
  }

  @Test
  void whatIsInEffectIsSaid() {
    for (var row : rows("server")) {
      assertThat(FlagTable.known(row.name).status())
          .as(row.name)
          .isEqualTo(
              IN_EFFECT.contains(row.name) ? Flag.Status.IN_EFFECT : Flag.Status.NOT_YET_IN_EFFECT);
    }
  }

  @Test
  void ignoredFlagsTakeAnyValueOrNone() {
    for (var row : rows("ignored")) {
      var flag = FlagTable.known(row.name);
      assertThat(flag.status()).isEqualTo(Flag.Status.IGNORED);
      assertThat(flag.standsAlone()).isTrue();
      assertThat(flag.variable()).isEqualTo(row.variable);
    }
  }

  @Test
  void removedFlagsAreUnknown() {
    for (var row : rows("removed")) {
      assertThat(FlagTable.find(row.name.replace("*", "initial-corrupt-check"))).isNull();
    }
  }

  @Test
  void everyFeatureGateOfTheContractIsKnown() throws ConfigException {
    for (var row : rows("feature-gate")) {
      FlagType.FEATURE_GATES.check(row.name + "=" + row.defaultText);
    }
  }

  @Test
  void helpNamesEveryFlag() throws IOException {
    var help = read("/dev/kvorum/server/help.txt");
    for (var row : rows("server")) {
      assertThat(help).as(row.name).containsPattern("--" + row.name + "[ ,\n]");
    }
  }

  private static String plainDefault(Row row) {
    var text = row.defaultText;
    if (text.equals("(empty)") || text.equals("(see semantics)") || row.name.equals("data-dir")) {
      return "";
    }
    return text.startsWith("{") ? text : text.split(" \\(", 2)[0];
  }

  private static List<Row> rows(String group) {
    return rows().stream().filter(row -> row.group.equals(group)).toList();
  }

  private static List<Row> rows() {
    try {
      var lines = read("/contract/flags.tsv").lines().skip(1).toList();
      var rows = new ArrayList<Row>();
      for (var line : lines) {
        var cells = line.split("\t", -1);
        var name = cells[1].startsWith("--") ? cells[1].substring(2) : cells[1];
        rows.add(new Row(cells[0], name, cells[2], cells[3], cells[4], cells[5]));
      }
      return rows;
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static String read(String resource) throws IOException {
    try (var stream = FlagTableTest.class.getResourceAsStream(resource)) {
      assertThat(stream).as(resource).isNotNull();
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
