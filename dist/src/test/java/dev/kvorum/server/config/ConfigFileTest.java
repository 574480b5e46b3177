package dev.kvorum.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigFileTest {
  @Test
  void everyKindOfValueIsRead() throws ConfigException {
    var config =
        config(
            """
            # a member as an operator would write it
            name: m1
            data-dir: /var/lib/kvorum
            snapshot-count: 500
            heartbeat-interval: 200
            election-timeout: 2000
            quota-backend-bytes: 0x100000
            listen-client-urls: http://127.0.0.1:2379,http://10.0.0.1:2379
            advertise-client-urls: http://10.0.0.1:2379
            initial-cluster: m1=http://localhost:2380
            initial-cluster-state: existing
            log-outputs: [stdout, /tmp/log]
            auto-compaction-retention: 5
            strict-reconfig-check: false
            pre-vote: yes
            backend-batch-interval: 1000000
            client-transport-security:
              client-cert-auth: false
            unknown-key: [1, 2]
            """);

    assertThat(config.member().name()).isEqualTo("m1");
    assertThat(config.member().snapshotCount()).isEqualTo(500);
    assertThat(config.member().listenClientUrls()).hasSize(2);
    assertThat(config.member().clusterState()).isEqualTo(MemberConfig.ClusterState.EXISTING);
    assertThat(config.member().log().outputs()).containsExactly("/tmp/log", "stdout");
    assertThat(config.cluster().electionTimeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.cluster().quotaBackendBytes()).isEqualTo(1_048_576);
    assertThat(config.cluster().compactionRetention())
        .isEqualTo(new CompactionRetention.Period(Duration.ofHours(5)));
  }

  @Test
  void jsonIsYamlToo() throws ConfigException {
    var config =
        config("{\"name\": \"m\", \"heartbeat-interval\": 50, \"log-outputs\": [\"stderr\"]}");

    assertThat(config.member().name()).isEqualTo("m");
    assertThat(config.cluster().heartbeatInterval()).isEqualTo(Duration.ofMillis(50));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "# nothing\n", "---\n", "null", "name:\nheartbeat-interval: ~\n"})
  void anEmptyFileOrValueLeavesTheDefaults(String text) throws ConfigException {
    assertThat(config(text).member().name()).isEqualTo("default");
    assertThat(config(text).cluster().heartbeatInterval()).isEqualTo(Duration.ofMillis(100));
  }

  /** Unlike on the command line: the file's silence means the default. */
  @Test
  void listenUrlsDoNotDemandAdvertisedOnes() throws ConfigException {
    assertThat(config("listen-client-urls: http://127.0.0.1:1").member().advertiseClientUrls())
        .extracting(Url::text)
        .containsExactly("http://localhost:2379");
  }

  /** A name that YAML would take for a number or a truth value stays the text in the file. */
  @Test
  void textsStayAsTheyAreWritten() throws ConfigException {
    assertThat(config("name: 0010").member().name()).isEqualTo("0010");
    assertThat(config("name: on").member().name()).isEqualTo("on");
    assertThat(config("name: 'null'").member().name()).isEqualTo("null");
  }

  @Test
  void keysMayBeInOtherCaseAndTheLastOfTwoCounts() throws ConfigException {
    assertThat(config("Name: a\nname: b").member().name()).isEqualTo("b");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "heartbeat-interval: \"100\" | string | heartbeat-interval | uint",
        "heartbeat-interval: 100ms | string | heartbeat-interval | uint",
        "heartbeat-interval: -1 | number -1 | heartbeat-interval | uint",
        "max-concurrent-streams: 4294967296"
            + " | number 4294967296 | max-concurrent-streams | uint32",
        "grpc-keepalive-timeout: 10s | string | grpc-keepalive-timeout | int64",
        "pre-vote: \"true\" | string | pre-vote | bool",
        "pre-vote: 2 | string | pre-vote | bool",
        "name: [a] | array | name | string",
        "log-outputs: stdout | string | log-outputs | []string",
        "peer-transport-security: x | string | peer-transport-security | map",
        "socket-options: [x] | array | socket-options | map"
      })
  void aValueOfAnotherKindIsRefused(String text, String found, String key, String wanted) {
    assertThatThrownBy(() -> config(text))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
                + found
                + " into Go struct field configYAML."
                + key
                + " of type "
                + wanted);
  }

  @Test
  void otherValuesAreCheckedAsEverywhere() {
    assertThatThrownBy(() -> config("listen-peer-urls: localhost"))
        .hasMessageStartingWith("unexpected error setting up listen-peer-urls: ");
    assertThatThrownBy(() -> config("initial-cluster-state: old"))
        .hasMessage("unexpected clusterState \"old\"");
    assertThatThrownBy(() -> config("feature-gates: Foo=true"))
        .hasMessage("unrecognized feature gate: Foo");
    assertThatThrownBy(() -> config("heartbeat-interval: 500"))
        .hasMessageStartingWith("--election-timeout[1000ms]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"name: [", "a: b: c", "\tname: x", "name: \"x", "&a [*a"})
  void brokenYamlIsRefusedInOneLine(String text) {
    assertThatThrownBy(() -> config(text))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("error converting YAML to JSON: yaml: ")
        .message()
        .doesNotContain("\n");
  }

  @Test
  void anythingButAMapIsRefused() {
    assertThatThrownBy(() -> config("- a\n- b")).isInstanceOf(ConfigException.class);
    assertThatThrownBy(() -> config("text")).isInstanceOf(ConfigException.class);
  }

  @Test
  void anAliasThatHoldsItselfEndsTheWalk() throws ConfigException {
    assertThat(config("name: a\nother: &x\n  inner: *x\n").member().name()).isEqualTo("a");
  }

  private static ServerConfig config(String text) throws ConfigException {
    List<Note> notes = new ArrayList<>();
    return new ConfigBuilder(ConfigFile.parse(text), true, notes).build();
  }
}
