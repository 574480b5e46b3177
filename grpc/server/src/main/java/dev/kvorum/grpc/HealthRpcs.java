package dev.kvorum.grpc;

import dev.kvorum.api.grpc.health.v1.HealthCheckRequest;
import dev.kvorum.api.grpc.health.v1.HealthCheckResponse;
import dev.kvorum.api.grpc.health.v1.HealthCheckResponse.ServingStatus;
import dev.kvorum.api.grpc.health.v1.HealthListRequest;
import dev.kvorum.api.grpc.health.v1.HealthListResponse;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.MalformedProto;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * {@code grpc.health.v1.Health}. One service is registered, the one without a name, which stands
 * for the whole member (contract S17.8).
 */
final class HealthRpcs {
  private static final GrpcStatus UNKNOWN_SERVICE =
      new GrpcStatus(GrpcCode.NOT_FOUND, "unknown service");

  private final Set<GrpcCall> watchers = new LinkedHashSet<>();
  private ServingStatus status = ServingStatus.SERVING;

  Map<RpcMethod, RpcHandler> handlers() {
    return Map.of(
        RpcMethods.HEALTH_CHECK, this::check,
        RpcMethods.HEALTH_WATCH, this::watch,
        RpcMethods.HEALTH_LIST, this::list);
  }

  /** Changes what clients are told, those who watch at once. */
  void setServing(boolean serving) {
    var next = serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    if (next != status) {
      status = next;
      List.copyOf(watchers).forEach(watcher -> watcher.send(message(next)));
    }
  }

  private void check(GrpcCall call, Bytes message) throws MalformedProto {
    if (isRegistered(message)) {
      call.reply(message(status));
    } else {
      call.finish(UNKNOWN_SERVICE);
    }
  }

  /** Never ends by itself: a name that is unknown now may be registered later. */
  private void watch(GrpcCall call, Bytes message) throws MalformedProto {
    if (!isRegistered(message)) {
      call.send(message(ServingStatus.SERVICE_UNKNOWN));
      return;
    }
    call.send(message(status));
    watchers.add(call);
    call.onClose(() -> watchers.remove(call));
  }

  private void list(GrpcCall call, Bytes message) throws MalformedProto {
    Protos.parse(HealthListRequest.parser(), message);
    var response =
        HealthListResponse.newBuilder()
            .putStatuses("", HealthCheckResponse.newBuilder().setStatus(status).build());
    call.reply(Protos.bytes(response.build()));
  }

  private static boolean isRegistered(Bytes message) throws MalformedProto {
    return Protos.parse(HealthCheckRequest.parser(), message).getService().isEmpty();
  }

  private static Bytes message(ServingStatus status) {
    return Protos.bytes(HealthCheckResponse.newBuilder().setStatus(status).build());
  }
}
