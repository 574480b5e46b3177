package dev.kvorum.grpc;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;

/** A server whose service answers later, to be loaded by h2load; see the class's main. */
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
        request -> request.response().setStatusCode(404).end());
    server.listen().<Void>mapEmpty().onComplete(started);
  }
}
