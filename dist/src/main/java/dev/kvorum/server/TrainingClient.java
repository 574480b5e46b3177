package dev.kvorum.server;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A client that uses a node a little of everything, so that what a first client needs is in the
 * cache. gRPC is framed by hand: a client library would fill the cache with itself.
 */
final class TrainingClient {
  private static final int ROUNDS = 100;
  private static final int CALLS_AT_ONCE = 8;
  private static final long PATIENCE_SECONDS = 60;

  /** {@code key: "k", value: "v"}. */
  private static final byte[] PUT = {10, 1, 'k', 18, 1, 'v'};

  /** {@code key: "k"}, for a range and a deletion. */
  private static final byte[] KEY = {10, 1, 'k'};

  /** {@code compare: [version of "k" = 0], success: [put k = v], failure: [range k]}. */
  private static final byte[] TRANSACTION = {
    10, 3, 26, 1, 'k', 18, 8, 18, 6, 10, 1, 'k', 18, 1, 'v', 26, 5, 10, 3, 10, 1, 'k'
  };

  private static final byte[] NOTHING = {};

  private final HttpClient grpc;
  private final HttpClient http;
  private final String host;
  private final int port;

  private TrainingClient(Vertx vertx, String host, int port) {
    grpc =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false));
    http = vertx.createHttpClient();
    this.host = host;
    this.port = port;
  }

  /**
   * Calls the node at an address until it has answered often enough.
   *
   * @throws Exception when it does not answer
   */
  static void use(String address) throws Exception {
    var vertx = Vertx.vertx();
    try {
      int colon = address.lastIndexOf(':');
      var port = Integer.parseInt(address.substring(colon + 1));
      var client = new TrainingClient(vertx, address.substring(0, colon), port);
      for (int round = 0; round < ROUNDS; round++) {
        client.round();
      }
      for (var path : List.of("/version", "/health", "/metrics")) {
        await(client.get(path));
      }
    } finally {
      await(vertx.close());
    }
  }

  private void round() throws Exception {
    var calls = new ArrayList<Future<?>>();
    for (int i = 0; i < CALLS_AT_ONCE; i++) {
      calls.add(call("etcdserverpb.KV/Put", PUT));
      calls.add(call("etcdserverpb.KV/Range", KEY));
    }
    calls.add(call("etcdserverpb.KV/Txn", TRANSACTION));
    calls.add(call("etcdserverpb.KV/DeleteRange", KEY));
    calls.add(call("etcdserverpb.Maintenance/Status", NOTHING));
    calls.add(call("etcdserverpb.Cluster/MemberList", NOTHING));
    await(Future.all(calls));
  }

  private Future<Buffer> call(String method, byte[] message) {
    return grpc.request(HttpMethod.POST, port, host, "/" + method)
        .compose(
            request ->
                request
                    .putHeader("content-type", "application/grpc")
                    .putHeader("te", "trailers")
                    .send(
                        Buffer.buffer()
                            .appendByte((byte) 0)
                            .appendInt(message.length)
                            .appendBytes(message)))
        .compose(response -> response.body());
  }

  private Future<Buffer> get(String path) {
    return http.request(HttpMethod.GET, port, host, path)
        .compose(request -> request.send())
        .compose(response -> response.body());
  }

  private static void await(Future<?> answer) throws Exception {
    answer.toCompletionStage().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }
}
