package dev.kvorum.http;

import dev.kvorum.storage.model.Member;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigInteger;

/**
 * What a member tells other members and tools on its peer port over plain HTTP (contract, peer
 * endpoints): its versions and the member list. Raft itself is not spoken here.
 */
public final class PeerEdge implements Handler<HttpServerRequest> {
  private static final int OK = 200;

  private final NodeView node;

  public PeerEdge(NodeView node) {
    this.node = node;
  }

  @Override
  public void handle(HttpServerRequest request) {
    var path = request.path() == null ? "" : request.path();
    switch (path) {
      case "/version" -> {
        if (Answers.allowsGetOnly(request)) {
          Answers.send(request, OK, Answers.JSON, VersionPage.body(node.clusterVersion()));
        }
      }
      case "/members" -> {
        if (Answers.allowsGetOnly(request)) {
          request.response().putHeader("X-Etcd-Cluster-ID", Long.toHexString(node.clusterId()));
          Answers.send(request, OK, Answers.JSON, members());
        }
      }
      default -> Answers.notFound(request);
    }
  }

  private String members() {
    var members = new JsonArray();
    node.members().forEach(member -> members.add(json(member)));
    return members.encode() + "\n";
  }

  /** Empty fields are left out, as etcd does. */
  private static JsonObject json(Member member) {
    var json =
        new JsonObject()
            .put("id", new BigInteger(Long.toUnsignedString(member.id())))
            .put("peerURLs", new JsonArray(member.peerUrls()));
    if (member.learner()) {
      json.put("isLearner", true);
    }
    if (!member.name().isEmpty()) {
      json.put("name", member.name());
    }
    if (!member.clientUrls().isEmpty()) {
      json.put("clientURLs", new JsonArray(member.clientUrls()));
    }
    return json;
  }
}
