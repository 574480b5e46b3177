package dev.kvorum.grpc;

import static dev.kvorum.grpc.EdgeFixture.frame;
import static dev.kvorum.grpc.EdgeFixture.get;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.api.grpc.health.v1.HealthCheckRequest;
import dev.kvorum.api.grpc.health.v1.HealthCheckResponse;
import dev.kvorum.api.grpc.health.v1.HealthListRequest;
import dev.kvorum.api.grpc.health.v1.HealthListResponse;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The health of the member, asked for once and watched. */
@Timeout(240)
class HealthRpcsTest {
  private final EdgeFixture edge = new EdgeFixture(GrpcLimits.DEFAULT);

  @AfterEach
  void closeEdge() {
    edge.close();
  }

  @Test
  void healthOfTheMemberIsServing() {
    assertThat(
            edge.call(
                    "/grpc.health.v1.Health/Check",
                    HealthCheckRequest.getDefaultInstance(),
                    HealthCheckResponse.parser())
                .getStatus())
        .isEqualTo(HealthCheckResponse.ServingStatus.SERVING);
    assertThat(
            edge.call(
                    "/grpc.health.v1.Health/List",
                    HealthListRequest.getDefaultInstance(),
                    HealthListResponse.parser())
                .getStatusesMap())
        .containsOnlyKeys("");
  }

  @Test
  void healthOfAnotherServiceIsNotFound() {
    var request = HealthCheckRequest.newBuilder().setService("etcdserverpb.KV").build();

    var reply = edge.call("/grpc.health.v1.Health/Check", frame(request.toByteArray()));

    assertThat(reply.status()).isEqualTo("5");
    assertThat(reply.message()).isEqualTo("unknown service");
  }

  @Test
  void healthIsWatchedUntilTheClientLeaves() throws InterruptedException {
    var request = edge.open("/grpc.health.v1.Health/Watch");
    var parts = new LinkedBlockingQueue<Buffer>();
    var response =
        request
            .response()
            .onSuccess(
                r -> r.handler(parts::add).exceptionHandler(ignored -> parts.add(Buffer.buffer())));
    request.end(frame(new byte[0]));
    get(response);

    assertThat(parts.poll(60, TimeUnit.SECONDS)).isEqualTo(healthFrame(1));
    edge.onLoop(() -> edge.edge.setServing(false));
    assertThat(parts.poll(60, TimeUnit.SECONDS)).isEqualTo(healthFrame(2));
    // What does not change is not told.
    edge.onLoop(() -> edge.edge.setServing(false));
    edge.onLoop(() -> edge.edge.setServing(true));
    assertThat(parts.poll(60, TimeUnit.SECONDS)).isEqualTo(healthFrame(1));

    request.reset(8);
    assertThat(edge.observer.ends.poll(60, TimeUnit.SECONDS)).isEqualTo(GrpcCode.CANCELED);
  }

  private static Buffer healthFrame(int status) {
    return frame(HealthCheckResponse.newBuilder().setStatusValue(status).build().toByteArray());
  }

  @Test
  void healthOfAnUnknownServiceIsWatchedAsUnknown() throws InterruptedException {
    var request = edge.open("/grpc.health.v1.Health/Watch");
    var parts = new LinkedBlockingQueue<Buffer>();
    request.response().onSuccess(r -> r.handler(parts::add));
    request.end(frame(HealthCheckRequest.newBuilder().setService("nothing").build().toByteArray()));

    assertThat(parts.poll(60, TimeUnit.SECONDS)).isEqualTo(healthFrame(3));
    request.reset(8);
  }
}
