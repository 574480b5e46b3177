package dev.kvorum.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import dev.kvorum.api.etcdserverpb.RpcProto;
import dev.kvorum.api.grpc.health.v1.HealthProto;
import dev.kvorum.api.v3electionpb.ElectionProto;
import dev.kvorum.api.v3lockpb.LockProto;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Compares the table of methods with the compiled descriptors. */
class RpcMethodsTest {
  private record Described(String path, RpcMethod.Shape shape) {}

  @Test
  void everyMethodOfTheApiIsMappedAndNothingElse() {
    var mapped = new HashSet<Described>();
    for (var method : RpcMethods.ALL) {
      mapped.add(new Described(method.path(), method.shape()));
    }

    assertThat(mapped).hasSameSizeAs(RpcMethods.ALL).isEqualTo(described());
  }

  @Test
  void indexIsThePositionInTheList() {
    assertThat(RpcMethods.ALL.stream().mapToInt(RpcMethod::index))
        .containsExactlyElementsOf(
            Stream.iterate(0, i -> i + 1).limit(RpcMethods.ALL.size()).toList());
  }

  private static Set<Described> described() {
    var services =
        Stream.of(
                RpcProto.getDescriptor(),
                LockProto.getDescriptor(),
                ElectionProto.getDescriptor(),
                HealthProto.getDescriptor())
            .flatMap(file -> file.getServices().stream())
            .toList();
    var described = new HashSet<Described>();
    for (ServiceDescriptor service : services) {
      for (MethodDescriptor method : service.getMethods()) {
        described.add(
            new Described("/" + service.getFullName() + "/" + method.getName(), shape(method)));
      }
    }
    return described;
  }

  private static RpcMethod.Shape shape(MethodDescriptor method) {
    var shapes =
        List.of(
            RpcMethod.Shape.UNARY, RpcMethod.Shape.SERVER_STREAM, RpcMethod.Shape.BIDIRECTIONAL);
    assertThat(method.isClientStreaming() && !method.isServerStreaming()).isFalse();
    return shapes.get((method.isServerStreaming() ? 1 : 0) + (method.isClientStreaming() ? 1 : 0));
  }
}
