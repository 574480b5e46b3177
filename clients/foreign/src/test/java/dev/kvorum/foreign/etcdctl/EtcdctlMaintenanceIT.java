package dev.kvorum.foreign.etcdctl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.foreign.Node;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** Endpoint, member, alarm and defragment commands in every output format that they have. */
class EtcdctlMaintenanceIT {
  @Test
  void endpointStatusShowsALeaderOfItself() throws InterruptedException {
    try (Node node = Node.kvorum()) {
      Etcdctl etcdctl = new Etcdctl(node);
      etcdctl.succeed("put", "a", "1");
      JsonObject status =
          new JsonArray(etcdctl.succeed("endpoint", "status", "-w", "json"))
              .getJsonObject(0)
              .getJsonObject("Status");
      String id = Long.toHexString(memberId(status.getJsonObject("header")));

      assertThat(status.getJsonObject("header").getLong("revision")).isEqualTo(2);
      assertThat(status.getValue("leader"))
          .isEqualTo(status.getJsonObject("header").getValue("member_id"));
      assertThat(status.getLong("raftTerm")).isPositive();
      assertThat(status.getLong("raftIndex")).isPositive();
      assertThat(status.getLong("raftAppliedIndex")).isPositive();
      assertThat(status.getLong("dbSize")).isPositive();
      assertThat(status.getLong("dbSizeInUse")).isBetween(1L, status.getLong("dbSize"));
      assertThat(status.getString("version")).matches("3\\.[5-9]\\.\\d+");
      assertThat(etcdctl.succeed("endpoint", "status"))
          .matches(
              node.endpoint() + ", " + id + ", 3\\.\\d\\.\\d+, .* k?B, true, false, \\d+, .*, \n");
      assertThat(etcdctl.succeed("endpoint", "status", "-w", "fields"))
          .contains("\"DBSize\" : ", "\"IsLearner\" : false", "\"Errors\" : []");
      assertThat(etcdctl.succeed("endpoint", "status", "-w", "table"))
          .contains("| " + node.endpoint() + " | " + id + " |");
    }
  }

  @Test
  void endpointHealthSaysHealthy() throws InterruptedException {
    try (Node node = Node.kvorum()) {
      Etcdctl etcdctl = new Etcdctl(node);
      assertThat(etcdctl.succeed("endpoint", "health"))
          .startsWith(node.endpoint() + " is healthy: successfully committed proposal: took = ");
      assertThat(
              new JsonArray(etcdctl.succeed("endpoint", "health", "-w", "json"))
                  .getJsonObject(0)
                  .getBoolean("health"))
          .isTrue();
      assertThat(etcdctl.succeed("endpoint", "health", "-w", "fields"))
          .contains("\"Health\" : true");
      assertThat(etcdctl.succeed("endpoint", "health", "-w", "table")).contains("true");
      // With --cluster the endpoints are those that the member list names.
      assertThat(etcdctl.succeed("endpoint", "health", "--cluster"))
          .startsWith(node.endpoint() + " is healthy");
    }
  }

  @Test
  void memberListShowsTheOneMember() throws InterruptedException {
    try (Node node = Node.kvorum()) {
      Etcdctl etcdctl = new Etcdctl(node);
      JsonObject list = new JsonObject(etcdctl.succeed("member", "list", "-w", "json"));
      JsonObject member = list.getJsonArray("members").getJsonObject(0);
      String peer = "http://127.0.0.1:" + node.plan().peerPort();
      String id = Long.toHexString(memberId(list.getJsonObject("header")));

      assertThat(list.getJsonArray("members")).hasSize(1);
      assertThat(member.getValue("ID"))
          .isEqualTo(list.getJsonObject("header").getValue("member_id"));
      assertThat(member.getString("name")).isEqualTo("default");
      assertThat(member.getJsonArray("peerURLs")).containsExactly(peer);
      assertThat(member.getJsonArray("clientURLs")).containsExactly(node.endpoint());
      assertThat(etcdctl.succeed("member", "list"))
          .isEqualTo(
              String.format(
                  Locale.ROOT, "%s, started, default, %s, %s, false\n", id, peer, node.endpoint()));
      assertThat(etcdctl.succeed("member", "list", "-w", "fields"))
          .contains("\"Name\" : \"default\"", "\"PeerURL\" : \"" + peer + "\"");
      assertThat(etcdctl.succeed("member", "list", "-w", "table"))
          .contains("| started | default |");
    }
  }

  @Test
  void defragmentReportsTheEndpoint() throws InterruptedException {
    try (Node node = Node.kvorum()) {
      assertThat(new Etcdctl(node).succeed("defrag"))
          .startsWith("Finished defragmenting etcd member[" + node.endpoint() + "]");
    }
  }

  /** JSON numbers above 2^63 are read as big integers. */
  private static long memberId(JsonObject header) {
    return header.getNumber("member_id").longValue();
  }
}
