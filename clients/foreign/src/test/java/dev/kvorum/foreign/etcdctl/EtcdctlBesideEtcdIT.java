package dev.kvorum.foreign.etcdctl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.foreign.Node;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The same etcdctl commands to a real etcd and to Kvorum print the same, but for ids and terms. */
class EtcdctlBesideEtcdIT {
  private static final List<String> FORMATS = List.of("json", "fields");

  /** A transaction as etcdctl reads it: compares, operations if they hold, operations if not. */
  private static final String TXN =
      """
      value("a") = "3"
      mod("a") > "0"

      put "pair key" "b c"
      get a z --from-key
      del zz

      get none

      """;

  private static final String FAILING_TXN =
      """
      version("none") > "0"

      put a never

      get a
      put c "put by the failing branch"

      """;

  @Test
  void printsWhatItPrintsForEtcd() throws InterruptedException {
    try (Node etcd = Node.etcd();
        Node kvorum = Node.kvorum()) {
      List<String> expected = transcript(etcd);
      List<String> actual = transcript(kvorum);
      assertThat(actual).containsExactlyElementsOf(expected);
    }
  }

  private static List<String> transcript(Node node) throws InterruptedException {
    Transcript transcript = new Transcript(node);
    transcript.of("simple", "", "put", "a", "1");
    transcript.of("simple", "", "put", "a", "2", "--prev-kv");
    transcript.of("simple", "", "put", "b", "x y");
    transcript.of("simple", "", "put", "a", "--ignore-value");
    transcript.of("simple", "", "put", "missing", "--ignore-value");
    transcript.of("simple", "", "put", "a", "1", "--lease=1234");
    transcript.of("simple", "", "put", "a", "3");
    transcript.of("simple", TXN, "txn");
    transcript.of("simple", FAILING_TXN, "txn");
    transcript.of("simple", "", "get", "a");
    transcript.of("simple", "", "get", "", "--prefix");
    transcript.of("simple", "", "get", "a", "c");
    transcript.of("simple", "", "get", "b", "--from-key", "--limit=1");
    transcript.of("simple", "", "get", "", "--prefix", "--keys-only");
    transcript.of("simple", "", "get", "", "--prefix", "--sort-by=MODIFY", "--order=DESCEND");
    transcript.of("simple", "", "get", "", "--prefix", "--sort-by=VALUE");
    transcript.of("simple", "", "get", "a", "--print-value-only");
    transcript.of("simple", "", "get", "a", "--rev=2");
    transcript.of("simple", "", "get", "a", "--rev=999999");
    transcript.of("simple", "", "get", "a", "--consistency=s");
    transcript.of("simple", "", "get", "none");
    transcript.of("simple", "", "del", "b", "--prev-kv");
    transcript.of("simple", "", "del", "none");
    transcript.of("simple", "", "del", "", "--prefix");
    for (String format : FORMATS) {
      transcript.of(format, "", "put", "a", "2", "--prev-kv");
      transcript.of(format, "", "put", "b", "x y");
      transcript.of(format, "", "put", "a", "3");
      transcript.of(format, TXN, "txn");
      transcript.of(format, FAILING_TXN, "txn");
      transcript.of(format, "", "get", "", "--prefix");
      transcript.of(format, "", "get", "none");
      transcript.of(format, "", "del", "b", "--prev-kv");
      transcript.of(format, "", "del", "", "--prefix");
    }
    transcript.of("fields", "", "get", "", "--prefix", "--count-only");
    transcript.of("simple", "", "compaction", "5");
    transcript.of("simple", "", "compaction", "5");
    transcript.of("simple", "", "compaction", "999999");
    transcript.of("simple", "", "compaction", "7", "--physical");
    transcript.of("simple", "", "get", "a", "--rev=6");
    transcript.of("simple", "", "get", "a", "--rev=7");
    transcript.of("simple", "", "endpoint", "hashkv");
    transcript.of("fields", "", "endpoint", "hashkv");
    transcript.of("table", "", "endpoint", "hashkv");
    transcript.of("simple", "", "alarm", "list");
    transcript.of("json", "", "alarm", "list");
    transcript.of("simple", "", "defrag");
    return transcript.lines;
  }

  /** Commands and what came of them, with what differs from server to server replaced. */
  private static final class Transcript {
    private final List<String> lines = new ArrayList<>();
    private final Node node;
    private final Etcdctl etcdctl;

    private Transcript(Node node) {
      this.node = node;
      this.etcdctl = new Etcdctl(node);
    }

    private void of(String format, String input, String... arguments) throws InterruptedException {
      List<String> command = new ArrayList<>(List.of(arguments));
      command.add("--write-out=" + format);
      Etcdctl.Result result = etcdctl.run(input, command.toArray(String[]::new));
      lines.add("$ " + String.join(" ", command));
      lines.add(comparable(result.output()));
      // Lines before the last are log lines of etcd's client library, with times in them.
      lines.add(result.exit() + " " + result.errors().lines().reduce("", (_, line) -> line));
    }

    private String comparable(String output) {
      return output
          .replace(node.endpoint(), "ENDPOINT")
          .replaceAll("(\"(?:cluster_id|member_id|raft_term)\":)\\d+", "$1N")
          .replaceAll("(\"(?:ClusterID|MemberID|RaftTerm)\" : )\\d+", "$1N");
    }
  }
}
