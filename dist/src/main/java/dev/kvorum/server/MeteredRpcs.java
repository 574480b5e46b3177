package dev.kvorum.server;

import dev.kvorum.grpc.GrpcCode;
import dev.kvorum.grpc.RpcMethod;
import dev.kvorum.grpc.RpcMethods;
import dev.kvorum.grpc.RpcObserver;
import dev.kvorum.verticles.metrics.RpcMetrics;
import java.util.List;

/** Counts the edge's calls in the node's metrics. */
final class MeteredRpcs implements RpcObserver {
  private final RpcMetrics metrics;

  /** By {@link RpcMethod#index}. */
  private final List<RpcMetrics.Method> methods;

  MeteredRpcs(RpcMetrics metrics) {
    this.metrics = metrics;
    methods =
        RpcMethods.ALL.stream()
            .map(method -> metrics.method(method.service(), method.name(), kind(method)))
            .toList();
  }

  private static RpcMetrics.Kind kind(RpcMethod method) {
    return switch (method.shape()) {
      case UNARY -> RpcMetrics.Kind.UNARY;
      case SERVER_STREAM -> RpcMetrics.Kind.SERVER_STREAM;
      case BIDIRECTIONAL -> RpcMetrics.Kind.BIDI_STREAM;
    };
  }

  @Override
  public void started(RpcMethod method, String clientApiVersion) {
    methods.get(method.index()).started();
    metrics.clientRequest(kind(method), clientApiVersion);
  }

  @Override
  public void messageReceived(RpcMethod method, int sizeBytes) {
    methods.get(method.index()).received();
    metrics.receivedBytes(sizeBytes);
  }

  @Override
  public void messageSent(RpcMethod method, int sizeBytes) {
    methods.get(method.index()).sent();
    metrics.sentBytes(sizeBytes);
  }

  @Override
  public void receiveFailed(RpcMethod method) {
    if (method.equals(RpcMethods.WATCH_WATCH)) {
      metrics.receiveFailed("watch");
    } else if (method.equals(RpcMethods.LEASE_KEEP_ALIVE)) {
      metrics.receiveFailed("lease-keepalive");
    }
  }

  @Override
  public void handled(RpcMethod method, GrpcCode code, long elapsedNanos) {
    methods.get(method.index()).finished(code.number(), elapsedNanos);
  }
}
