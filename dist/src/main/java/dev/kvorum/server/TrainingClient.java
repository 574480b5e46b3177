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

  /** {@code TTL: 3600, ID: 1}. */
  private static final byte[] GRANT = {8, (byte) 0x90, 28, 16, 1};

  /** {@code ID: 1}. */
  private static final byte[] REVOKE = {8, 1};

  /** {@code key: "m", range_end: "n"}. */
  private static final byte[] DELETE_CROWD = {10, 1, 'm', 18, 1, 'n'};

  /** Enough that the compiler takes what runs once for each of them for worth its while. */
  private static final int CROWD_KEYS = 16_000;

  /** Fewer than a server takes in one transaction. */
  private static final int PUTS_A_CALL = 100;

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
      client.crowds();
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

  /**
   * The end of a lease with very many keys, and a delete of as many. A server does that rarely, and
   * everybody waits for it: it should not begin with code that was never compiled.
   */
  private void crowds() throws Exception {
    await(call("etcdserverpb.Lease/LeaseGrant", GRANT));
    putCrowd(true);
    await(call("etcdserverpb.Lease/LeaseRevoke", REVOKE));
    putCrowd(false);
    await(call("etcdserverpb.KV/DeleteRange", DELETE_CROWD));
  }

  private void putCrowd(boolean leased) throws Exception {
    for (int from = 0; from < CROWD_KEYS; ) {
      var calls = new ArrayList<Future<?>>();
      for (int i = 0; i < CALLS_AT_ONCE; i++, from += PUTS_A_CALL) {
        calls.add(call("etcdserverpb.KV/Txn", puts(from, leased)));
      }
      await(Future.all(calls));
    }
  }

  /** {@code success: [put m... = v, ...]}, with a lease or without. */
  private static byte[] puts(int from, boolean leased) {
    var transaction = Buffer.buffer();
    for (int number = from; number < from + PUTS_A_CALL; number++) {
      var key = Buffer.buffer("m" + (10_000_000 + number));
      var put = Buffer.buffer().appendByte((byte) 10).appendByte((byte) key.length());
      put.appendBuffer(key).appendBytes(new byte[] {18, 1, 'v'});
      if (leased) {
        put.appendBytes(new byte[] {24, 1});
      }
      transaction.appendBytes(new byte[] {18, (byte) (put.length() + 2), 18, (byte) put.length()});
      transaction.appendBuffer(put);
    }
    return transaction.getBytes();
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
