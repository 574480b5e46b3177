package dev.kvorum.grpc;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;

/**
 * The edge before a service that answers in a later task of the loop, to be loaded from outside:
 *
 * <pre>
 * java -cp … dev.kvorum.grpc.EdgeBenchmark 13300 1
 * h2load -c16 -m64 -D6 -d put.bin -H content-type:application/grpc -H te:trailers \
 *     http://127.0.0.1:13300/etcdserverpb.KV/Put
 * </pre>
 *
 * <p>The arguments are the port and the number of loops; {@code put.bin} holds one framed message.
 */
public final class EdgeBenchmark extends AbstractVerticle {
  public static void main(String[] arguments) {
    var loops = Integer.parseInt(arguments[1]);
    System.setProperty("port", arguments[0]);
    Vertx.vertx()
        .deployVerticle(EdgeBenchmark::new, new DeploymentOptions().setInstances(loops))
        .onComplete(done -> System.out.println("ready " + done));
  }

  @Override
  public void start(Promise<Void> started) {
    var server =
        vertx.createHttpServer(
            GrpcLimits.DEFAULT
                .serverOptions()
                .setHost("127.0.0.1")
                .setPort(Integer.getInteger("port")));
    GrpcEdge.install(
        vertx,
        server,
        new LateService(context),
        GrpcLimits.DEFAULT,
        RpcObserver.NONE,
        Duration.ofHours(1),
        request -> request.response().setStatusCode(404).end());
    server.listen().<Void>mapEmpty().onComplete(started);
  }
}
