package dev.kvorum.server;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.ProtoWriter;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A client that uses a node a little of everything, so that what a first client needs is in the
 * cache. gRPC is framed by hand: a client library would fill the cache with itself.
 */
final class TrainingClient {
  private static final int ROUNDS = 100;
  static final int CALLS_AT_ONCE = 8;
  private static final long PATIENCE_SECONDS = 60;

  /** Of new keys: twice as many records as make a checkpoint of the key index due. */
  private static final int MOST_PUT_CALLS = 2_000;

  private static final int MORE_PUT_CALLS = 400;
  private static final int PUTS_PER_CALL = 100;
  private static final Bytes VALUE = Bytes.wrap(new byte[256]);

  /** Odd, so that keys differ, and large, so that they come in no order. */
  private static final long SPREAD = 0x9e3779b97f4a7c15L;

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
  private long lastKey;

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

  /** What is done with a node. */
  @FunctionalInterface
  interface Use {
    void with(TrainingClient client) throws Exception;
  }

  /**
   * Connects to the node at an address and uses it.
   *
   * @throws Exception when it does not answer
   */
  static void run(String address, Use use) throws Exception {
    var vertx = Vertx.vertx();
    try {
      int colon = address.lastIndexOf(':');
      var port = Integer.parseInt(address.substring(colon + 1));
      use.with(new TrainingClient(vertx, address.substring(0, colon), port));
    } finally {
      await(vertx.close());
    }
  }

  /** Calls a little of everything, often enough for the JVM to notice. */
  void useEverything() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      round();
    }
    for (var path : List.of("/version", "/health", "/metrics")) {
      await(get(path));
    }
  }

  /** What a server sees rarely and on a large scale; once is enough. */
  void useCrowds() throws Exception {
    new TrainingCrowds(this).useAll();
  }

  /** Puts new keys until something has come of it, or enough is enough. */
  void putUntil(BooleanSupplier isEnough) throws Exception {
    for (int calls = 0; calls < MOST_PUT_CALLS && !isEnough.getAsBoolean(); ) {
      calls += putSome();
    }
  }

  /** Puts as many more keys as a start may have to read one by one. */
  void putMore() throws Exception {
    for (int calls = 0; calls < MORE_PUT_CALLS; ) {
      calls += putSome();
    }
  }

  private int putSome() throws Exception {
    var calls = new ArrayList<Future<?>>();
    for (int i = 0; i < CALLS_AT_ONCE; i++) {
      calls.add(call("etcdserverpb.KV/Txn", puts()));
    }
    await(Future.all(calls));
    return CALLS_AT_ONCE;
  }

  /** A transaction that puts new keys: in field 2 the operations, in field 2 of each the put. */
  private byte[] puts() {
    var transaction = new ProtoWriter(PUTS_PER_CALL * 2 * VALUE.size());
    for (int i = 0; i < PUTS_PER_CALL; i++) {
      var key = Bytes.utf8("/training/%016x".formatted(++lastKey * SPREAD));
      var put = new ProtoWriter(2 * VALUE.size()).bytesField(1, key).bytesField(2, VALUE);
      var operation = new ProtoWriter(2 * VALUE.size()).bytesField(2, put.toBytes());
      transaction.bytesField(2, operation.toBytes());
    }
    return transaction.toBytes().toArray();
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

  /** One call with one answer, which comes with the five bytes before its message. */
  Future<Buffer> call(String method, byte[] message) {
    return open(method)
        .compose(request -> request.send(framed(message)))
        .compose(response -> response.body());
  }

  /** Begins a stream of answers, to each of which the handler is called; the request stays open. */
  Future<HttpClientRequest> stream(String method, byte[] message, Handler<Buffer> handler) {
    return open(method)
        .compose(
            request -> {
              // It ends by a reset, which is no fault.
              request.exceptionHandler(_ -> {});
              request.response().onSuccess(response -> response.handler(handler));
              return request.setChunked(true).write(framed(message)).map(request);
            });
  }

  private Future<HttpClientRequest> open(String method) {
    return grpc.request(HttpMethod.POST, port, host, "/" + method)
        .map(
            request ->
                request.putHeader("content-type", "application/grpc").putHeader("te", "trailers"));
  }

  private static Buffer framed(byte[] message) {
    return Buffer.buffer().appendByte((byte) 0).appendInt(message.length).appendBytes(message);
  }

  private Future<Buffer> get(String path) {
    return http.request(HttpMethod.GET, port, host, path)
        .compose(request -> request.send())
        .compose(response -> response.body());
  }

  /** Waits for an answer, but not for ever. */
  static void await(Future<?> answer) throws Exception {
    answer.toCompletionStage().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }
}
