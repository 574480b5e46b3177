package dev.kvorum.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.server.config.Note.Severity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What arguments, variables and files together come to: the rules of the contract's flag table. */
class StartupTest {
  private static final Map<String, String> NO_VARIABLES = Map.of();

  // --- Defaults ---------------------------------------------------------------------------------

  @Test
  void withoutArgumentsANodeHasEtcdsDefaults() {
    var config = run().config();

    assertThat(config.member().name()).isEqualTo("default");
    assertThat(config.member().dataDirectory()).isEqualTo(Path.of("default.etcd"));
    assertThat(config.member().walDirectory()).isNull();
    assertThat(Url.texts(config.member().listenClientUrls()))
        .containsExactly("http://localhost:2379");
    assertThat(Url.texts(config.member().advertiseClientUrls()))
        .containsExactly("http://localhost:2379");
    assertThat(Url.texts(config.member().listenPeerUrls()))
        .containsExactly("http://localhost:2380");
    assertThat(config.member().clusterState()).isEqualTo(MemberConfig.ClusterState.NEW);
    assertThat(config.member().snapshotCount()).isEqualTo(10_000);
    assertThat(config.member().maxConcurrentStreams()).isEqualTo(4_294_967_295L);
    assertThat(config.member().log()).isEqualTo(LogConfig.DEFAULT);
    assertThat(config.cluster())
        .isEqualTo(
            new ClusterConfig(
                "default=http://localhost:2380",
                "etcd-cluster",
                Duration.ofMillis(100),
                Duration.ofSeconds(1),
                2_147_483_648L,
                128,
                1_572_864,
                new CompactionRetention.Everything(),
                false));
  }

  @Test
  void gatesAreSetByNameAndTheRestOfAStageAtOnce() {
    assertThat(checkpoints("LeaseCheckpoint=true")).isTrue();
    assertThat(checkpoints("LeaseCheckpoint=true,LeaseCheckpointPersist=true")).isTrue();
    assertThat(checkpoints("AllAlpha=true")).isTrue();
    assertThat(checkpoints("LeaseCheckpoint=false,LeaseCheckpointPersist=0,AllAlpha=true"))
        .isFalse();
    assertThat(checkpoints("AllBeta=true")).isFalse();
  }

  private static boolean checkpoints(String gates) {
    return run("--feature-gates=" + gates).config().cluster().leaseCheckpoints();
  }

  @Test
  void checkpointsAreNotKeptUnlessThereAreAny() {
    assertThat(refusal("--feature-gates=LeaseCheckpointPersist=true"))
        .contains("LeaseCheckpointPersist requires enabling feature gate LeaseCheckpoint");
  }

  @Test
  void gatesThatChangeNothingYetAreNamed() {
    assertThat(run("--feature-gates=CompactHashCheck=true,FastLeaseKeepAlive=true").notes())
        .anyMatch(
            note ->
                note.toString().contains("gates")
                    && note.toString().contains("[CompactHashCheck]"));
  }

  @Test
  void whatFollowsFromTheTimesAndSizes() {
    var cluster = run("--heartbeat-interval=90", "--election-timeout=1000").config().cluster();

    assertThat(cluster.electionTicks()).isEqualTo(11);
    assertThat(cluster.requestTimeout()).isEqualTo(Duration.ofMillis(6_980));
    assertThat(run().config().cluster().requestTimeout()).isEqualTo(Duration.ofSeconds(7));
    assertThat(cluster.maxMessageBytes()).isEqualTo(1_572_864 + 524_288);
  }

  /** Contract S10.1: one and a half election timeouts, in whole seconds, rounded up. */
  @ParameterizedTest
  @CsvSource({"100, 500, 1", "100, 1000, 2", "100, 1400, 3", "500, 5000, 8", "100, 50000, 75"})
  void theShortestLeaseFollowsFromTheElectionTimeout(int heartbeat, int election, int seconds) {
    var config =
        run("--heartbeat-interval=" + heartbeat, "--election-timeout=" + election).config();

    assertThat(config.cluster().minLeaseTtl()).isEqualTo(Duration.ofSeconds(seconds));
  }

  /** Contract S9.9. */
  @ParameterizedTest
  @CsvSource({"0s, 600000", "1ms, 100", "99ms, 100", "100ms, 100", "3s, 3000"})
  void watchersAreToldOfProgressEveryTenMinutesAndNotMoreThanTenTimesASecond(
      String flag, long millis) {
    assertThat(run().config().member().watchProgressInterval()).isEqualTo(Duration.ofMinutes(10));
    assertThat(
            run("--watch-progress-notify-interval=" + flag)
                .config()
                .member()
                .watchProgressInterval())
        .isEqualTo(Duration.ofMillis(millis));
  }

  @Test
  void zeroStandsForADefaultOrForNoLimit() {
    var config =
        run("--snapshot-count=0", "--quota-backend-bytes=0", "--max-concurrent-streams=0").config();

    assertThat(config.member().snapshotCount()).isEqualTo(10_000);
    assertThat(config.cluster().quotaBackendBytes()).isEqualTo(2_147_483_648L);
    assertThat(config.member().maxConcurrentStreams()).isEqualTo(4_294_967_295L);
    assertThat(run("--quota-backend-bytes=-1").config().cluster().quotaBackendBytes()).isNegative();
  }

  @Test
  void hugeLimitsAreCutToWhatAMessageCanBe() {
    var cluster =
        run("--max-request-bytes=18446744073709551615", "--max-txn-ops=18446744073709551615")
            .config()
            .cluster();

    assertThat(cluster.maxMessageBytes()).isEqualTo(Integer.MAX_VALUE);
    assertThat(cluster.maxTxnOps()).isEqualTo(Integer.MAX_VALUE);
  }

  // --- Syntax -----------------------------------------------------------------------------------

  @Test
  void flagsTakeOneDashOrTwoAndTheirValueBehindAnEqualsSignOrABlank() {
    for (var arguments :
        List.of(
            List.of("--name=a"),
            List.of("-name=a"),
            List.of("--name", "a"),
            List.of("-name", "a"),
            List.of("--name=b", "--name=a"))) {
      assertThat(run(arguments.toArray(String[]::new)).config().member().name()).isEqualTo("a");
    }
    assertThat(run("--name", "--data-dir").config().member().name()).isEqualTo("--data-dir");
    assertThat(run("--name=a=b").config().member().name()).isEqualTo("a=b");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--no-such-flag | flag provided but not defined: -no-such-flag",
        "-enable-v2=true | flag provided but not defined: -enable-v2",
        "--experimental-max-learners=1 | flag provided but not defined: -experimental-max-learners",
        "---name=x | bad flag syntax: ---name=x",
        "--=x | bad flag syntax: --=x",
        "--name | flag needs an argument: -name",
        "--pre-vote=maybe | invalid boolean value \"maybe\" for -pre-vote: parse error",
        "--election-timeout=1s | invalid value \"1s\" for flag -election-timeout: parse error",
        "--election-timeout=-1 | invalid value \"-1\" for flag -election-timeout: parse error",
        "--max-learners=9223372036854775808"
            + " | invalid value \"9223372036854775808\" for flag -max-learners: value out of range",
        "--grpc-keepalive-timeout=5"
            + " | invalid value \"5\" for flag -grpc-keepalive-timeout: parse error",
        "--max-concurrent-streams=x | invalid value \"x\" for flag -max-concurrent-streams:"
            + " strconv.ParseUint: parsing \"x\": invalid syntax",
        "--initial-cluster-state=old"
            + " | invalid value \"old\" for flag -initial-cluster-state: invalid value",
        "--v2-deprecation=not-yet"
            + " | invalid value \"not-yet\" for flag -v2-deprecation: invalid value \"not-yet\"",
        "--feature-gates=Foo=true | invalid value \"Foo=true\" for flag -feature-gates:"
            + " unrecognized feature gate: Foo",
        "--listen-peer-urls=ftp://x:1 | invalid value \"ftp://x:1\" for flag -listen-peer-urls:"
            + " URL scheme must be http, https, unix, or unixs: ftp://x:1"
      })
  void argumentsThatDoNotParseAreMisuse(String argument, String message) {
    assertThat(read(argument)).isEqualTo(new Startup.Misused(message));
  }

  @Test
  void truthValuesStandAloneOrBehindAnEqualsSign() {
    assertThat(run("--pre-vote").config()).isNotNull();
    assertThat(run("--pre-vote=false").config()).isNotNull();
    // Go's rule: the word after the flag is not its value but an argument of its own.
    assertThat(refusal("--pre-vote", "true")).isEqualTo("\"true\" is not a valid flag");
  }

  @Test
  void positionalArgumentsAreRefused() {
    assertThat(refusal("serve")).isEqualTo("\"serve\" is not a valid flag");
    assertThat(refusal("--name=a", "--", "--name=b")).isEqualTo("\"--name=b\" is not a valid flag");
    assertThat(refusal("-")).isEqualTo("\"-\" is not a valid flag");
    assertThat(refusal("grpc-proxy", "start")).contains("grpc-proxy");
  }

  @Test
  void versionAndHelpAreAnsweredUnlessSomethingBeforeThemIsWrong() {
    assertThat(read("--version")).isInstanceOf(Startup.ShowVersion.class);
    assertThat(read("--name", "x", "-version")).isInstanceOf(Startup.ShowVersion.class);
    assertThat(read("--version=false")).isInstanceOf(Startup.Run.class);
    assertThat(read("--name", "--version")).isInstanceOf(Startup.Run.class);
    assertThat(read("-h", "--wrong")).isInstanceOf(Startup.ShowHelp.class);
    assertThat(read("--help")).isInstanceOf(Startup.ShowHelp.class);
    assertThat(read("--wrong", "--help")).isInstanceOf(Startup.Misused.class);
  }

  // --- Environment ------------------------------------------------------------------------------

  @Test
  void variablesFillWhatFlagsLeaveOpen() {
    var startup =
        (Startup.Run)
            Startup.read(
                List.of("--name=a"),
                Map.of("ETCD_ELECTION_TIMEOUT", "2000", "ETCD_PRE_VOTE", "false", "PATH", "/bin"));

    assertThat(startup.config().cluster().electionTimeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(startup.notes())
        .filteredOn(note -> note.message().equals("recognized and used environment variable"))
        .extracting(note -> note.fields().getFirst().value)
        .containsExactly("ETCD_ELECTION_TIMEOUT", "ETCD_PRE_VOTE");
  }

  @Test
  void aVariableBesideItsFlagIsFatal() {
    var startup = Startup.read(List.of("--name=a"), Map.of("ETCD_NAME", "b"));

    assertThat(startup)
        .isInstanceOfSatisfying(
            Startup.Refused.class,
            refused -> {
              var note = refused.notes().getLast();
              assertThat(note.severity()).isEqualTo(Severity.FATAL);
              assertThat(note.message()).startsWith("conflicting environment variable is shadowed");
              assertThat(note.fields().getFirst().value).isEqualTo("ETCD_NAME");
            });
  }

  @Test
  void aValueThatDoesNotParseIsRefusedWithTheVariablesName() {
    assertThat(refusal(Map.of("ETCD_PRE_VOTE", "maybe")))
        .isEqualTo("invalid value \"maybe\" for ETCD_PRE_VOTE: parse error");
  }

  @Test
  void unknownVariablesOnlyWarn() {
    var startup = (Startup.Run) Startup.read(List.of(), Map.of("ETCD_NO_SUCH", "1"));

    assertThat(warnings(startup)).contains("unrecognized environment variable");
    assertThat(startup.notes())
        .anySatisfy(
            note -> assertThat(note.fields()).anyMatch(f -> "ETCD_NO_SUCH=1".equals(f.value)));
  }

  @Test
  void theVersionVariableIsNoFlag() {
    var startup = (Startup.Run) Startup.read(List.of(), Map.of("ETCD_VERSION", "true"));

    assertThat(warnings(startup)).contains("cannot set special environment variable");
  }

  // --- Configuration file -----------------------------------------------------------------------

  @Test
  void aFileReplacesFlagsAndVariables(@TempDir Path directory) throws IOException {
    var file = Files.writeString(directory.resolve("etcd.yml"), "name: from-file\n");

    var byFlag =
        Startup.read(
            List.of("--config-file", file.toString(), "--name=x", "--max-txn-ops=1"),
            Map.of("ETCD_NAME", "y", "ETCD_NO_SUCH", "z"));
    var byVariable = Startup.read(List.of("--name=x"), Map.of("ETCD_CONFIG_FILE", file.toString()));

    for (var startup : List.of(byFlag, byVariable)) {
      assertThat(startup)
          .isInstanceOfSatisfying(
              Startup.Run.class,
              run -> {
                assertThat(run.config().member().name()).isEqualTo("from-file");
                assertThat(run.config().cluster().maxTxnOps()).isEqualTo(128);
                assertThat(run.notes().getFirst().message())
                    .startsWith("loaded server configuration");
              });
    }
  }

  @Test
  void aMissingFileIsRefused() {
    assertThat(refusal("--config-file=/no/such/file"))
        .isEqualTo("open /no/such/file: no such file or directory");
  }

  // --- Addresses --------------------------------------------------------------------------------

  @Test
  void listenUrlsNeedAdvertisedOnesBesideThem() {
    assertThat(refusal("--listen-client-urls=http://127.0.0.1:1"))
        .isEqualTo(
            "--advertise-client-urls is required when --listen-client-urls is set explicitly");
  }

  @Test
  void theInitialClusterFollowsTheName() {
    assertThat(run("--name=a").config().cluster().initialCluster())
        .isEqualTo("a=http://localhost:2380");
    assertThat(
            run("--name=a", "--initial-advertise-peer-urls=http://10.0.0.1:1,http://10.0.0.2:1")
                .config()
                .cluster()
                .initialCluster())
        .isEqualTo("a=http://10.0.0.1:1,a=http://10.0.0.2:1");
    assertThat(
            run("--name=a", "--initial-cluster=b=http://h:1").config().cluster().initialCluster())
        .isEqualTo("b=http://h:1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://example.com:2379",
        "http://:2379",
        "http://1.2.3:2379",
        "http://1.2.3.256:2379",
        "http://01.2.3.4:1"
      })
  void listenHostsAreAddressesOrLocalhost(String url) {
    assertThat(refusal("--listen-peer-urls=" + url))
        .isEqualTo("expected IP in URL for binding (" + url + ")");
  }

  @Test
  void listenHostsMayBeOfEitherFamily() {
    var member =
        run("--listen-peer-urls=http://[::1]:1,http://0.0.0.0:2,http://localhost:3")
            .config()
            .member();

    assertThat(member.listenPeerUrls())
        .extracting(Url::host)
        .contains("::1", "0.0.0.0", "localhost");
  }

  @Test
  void tlsIsRefusedRatherThanLeftOut() {
    assertThat(
            refusal(
                "--listen-client-urls=https://127.0.0.1:1",
                "--advertise-client-urls=https://127.0.0.1:1"))
        .contains("TLS is not yet in effect");
  }

  @Test
  void advertisedHostsMayBeNamesButNotEmpty() {
    assertThat(run("--initial-advertise-peer-urls=http://member.example:1").config()).isNotNull();
    assertThat(refusal("--initial-advertise-peer-urls=http://:1"))
        .isEqualTo(
            "--initial-advertise-peer-urls \"http://:1\" must be \"host:port\""
                + " (unexpected empty host (http://:1))");
  }

  // --- Relations --------------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--heartbeat-interval=0 | --heartbeat-interval must be >0 (set to 0ms)",
        "--election-timeout=0 | --election-timeout must be >0 (set to 0ms)",
        "--election-timeout=499 | --election-timeout[499ms] should be at least as 5 times as"
            + " --heartbeat-interval[100ms]",
        "--election-timeout=50001"
            + " | --election-timeout[50001ms] is too long, and should be set less than 50000ms",
        "--auto-compaction-mode=daily | unknown auto-compaction-mode \"daily\"",
        "--auto-compaction-mode= | undefined auto-compaction-mode",
        "--auto-compaction-retention=x"
            + " | error parsing CompactionRetention: time: invalid duration \"x\"",
        "--logger=capnslog | unknown logger option \"capnslog\"",
        "--log-level=loud | unrecognized level: \"loud\"",
        "--log-format=xml | unknown log format: xml, supported values json, console",
        "--log-outputs=default,stdout | multi logoutput for \"default\" is not supported yet",
        "--discovery-fallback=proxy | v2 proxy is deprecated, and --discovery-fallback can't be"
            + " configured as \"proxy\"",
        "--discovery-token=x | both --discovery-token and --discovery-endpoints must be set",
        "--compact-hash-check-time=0 | --compact-hash-check-time must be >0 (set to 0s)",
        "--tls-min-version=TLS1.1 | unexpected TLS version \"TLS1.1\""
      })
  void relationsBetweenValuesAreChecked(String argument, String message) {
    assertThat(refusal(argument)).isEqualTo(message);
  }

  @Test
  void theEdgesOfTheTimesAreAllowed() {
    assertThat(run("--election-timeout=500").config()).isNotNull();
    assertThat(run("--election-timeout=50000").config()).isNotNull();
  }

  @Test
  void oneWayToBootstrapAtMost() {
    assertThat(refusal("--initial-cluster=a=http://h:1", "--discovery-srv=example.com"))
        .startsWith("multiple discovery or bootstrap flags are set");
  }

  @ParameterizedTest
  @CsvSource({
    "periodic, 1, PT1H",
    "periodic, 10m, PT10M",
    "periodic, 1h30m, PT1H30M",
    "periodic, 500ms, PT0.5S"
  })
  void aPeriodIsADurationOrANumberOfHours(String mode, String retention, Duration period) {
    assertThat(retention(mode, retention)).isEqualTo(new CompactionRetention.Period(period));
  }

  @Test
  void revisionsAreANumber() {
    assertThat(retention("revision", "1000")).isEqualTo(new CompactionRetention.Revisions(1_000));
    assertThat(retention("revision", "0")).isEqualTo(new CompactionRetention.Everything());
    assertThat(retention("periodic", "")).isEqualTo(new CompactionRetention.Everything());
    assertThat(refusal("--auto-compaction-mode=revision", "--auto-compaction-retention=10m"))
        .contains("is not a number of revisions");
    assertThat(refusal("--auto-compaction-retention=-1h")).contains("is negative");
    assertThat(refusal("--auto-compaction-retention=99999999")).contains("is out of range");
  }

  // --- What is said -----------------------------------------------------------------------------

  @Test
  void flagsNotYetInEffectAreNamedInOneWarning() {
    var startup = run("--pre-vote", "--cors=*", "--max-txn-ops=5", "--cert-file=x");

    assertThat(startup.notes())
        .filteredOn(note -> note.message().contains("not yet in effect"))
        .singleElement()
        .satisfies(
            note -> {
              assertThat(note.severity()).isEqualTo(Severity.WARN);
              assertThat(note.fields().getFirst().value)
                  .isEqualTo(List.of("cert-file", "cors", "pre-vote"));
            });
  }

  @Test
  void ignoredAndDeprecatedFlagsWarn() {
    assertThat(warnings(run("--snapshot", "--vv=3")))
        .filteredOn("flag is no longer supported - ignoring"::equals)
        .hasSize(2);
    assertThat(warnings(run("--max-snapshots=3"))).anyMatch(text -> text.contains("deprecated"));
  }

  @Test
  void limitsBeyondTheAdviceWarn() {
    assertThat(warnings(run("--max-request-bytes=10485761")))
        .contains("exceeded recommended request limit");
    assertThat(warnings(run("--quota-backend-bytes=8589934593")))
        .contains("quota exceeds the recommended maximum");
    assertThat(warnings(run("--name=a", "--data-dir=d", "--quota-backend-bytes=8589934592")))
        .isEmpty();
  }

  @Test
  void levelsMayBeInCapitals() {
    assertThat(run("--log-level=DEBUG").config().member().log().level())
        .isEqualTo(LogConfig.Level.DEBUG);
    assertThat(run("--log-format=console").config().member().log().format())
        .isEqualTo(LogConfig.Format.CONSOLE);
    assertThat(run("--log-outputs=stdout,/tmp/a,stdout").config().member().log().outputs())
        .containsExactly("/tmp/a", "stdout");
  }

  private static CompactionRetention retention(String mode, String retention) {
    return run("--auto-compaction-mode=" + mode, "--auto-compaction-retention=" + retention)
        .config()
        .cluster()
        .compactionRetention();
  }

  private static Startup read(String... arguments) {
    return Startup.read(List.of(arguments), NO_VARIABLES);
  }

  private static Startup.Run run(String... arguments) {
    var startup = read(arguments);
    assertThat(startup).isInstanceOf(Startup.Run.class);
    return (Startup.Run) startup;
  }

  private static String refusal(String... arguments) {
    return refusal(read(arguments));
  }

  private static String refusal(Map<String, String> variables) {
    return refusal(Startup.read(List.of(), variables));
  }

  private static String refusal(Startup startup) {
    assertThat(startup).isInstanceOf(Startup.Refused.class);
    var note = ((Startup.Refused) startup).notes().getLast();
    assertThat(note.message()).isEqualTo("failed to verify flags");
    return (String) note.fields().getFirst().value;
  }

  private static List<String> warnings(Startup.Run startup) {
    return startup.notes().stream()
        .filter(note -> note.severity() == Severity.WARN)
        .map(Note::message)
        .toList();
  }
}
