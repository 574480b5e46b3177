package dev.kvorum.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PeerEdgeTest {
  private final Vertx vertx = Vertx.vertx();
  private final HttpClient client = HttpClient.newHttpClient();
  private int port;

  @BeforeEach
  void listen() throws Exception {
    port =
        vertx
            .createHttpServer()
            .requestHandler(new PeerEdge(new FakeNode()))
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(60, TimeUnit.SECONDS)
            .actualPort();
  }

  @AfterEach
  void close() throws Exception {
    client.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  @Test
  void membersAreListedWithoutTheirEmptyFields() throws Exception {
    var answer = get("/members");

    assertThat(answer.headers().firstValue("X-Etcd-Cluster-ID")).hasValue("cdf818194e3a8c32");
    assertThat(answer.body())
        .isEqualTo(
            "[{\"id\":10276657743932975437,\"peerURLs\":[\"http://localhost:2380\"],"
                + "\"name\":\"default\",\"clientURLs\":[\"http://localhost:2379\"]},"
                + "{\"id\":1,\"peerURLs\":[\"http://localhost:3380\"],\"isLearner\":true}]\n");
  }

  @Test
  void versionIsTheOneOfTheClientPortAndTheRestIsNotFound() throws Exception {
    assertThat(get("/version").body()).contains("\"etcdserver\":\"3.7.1\"");
    assertThat(get("/raft").statusCode()).isEqualTo(404);
  }

  private HttpResponse<String> get(String path) throws Exception {
    var uri = URI.create("http://127.0.0.1:" + port + path);
    return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }
}
