package dev.kvorum.grpc;

import static dev.kvorum.grpc.EdgeFixture.frame;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.kvorum.api.mvccpb.KeyValue;
import dev.kvorum.api.v3electionpb.CampaignRequest;
import dev.kvorum.api.v3electionpb.LeaderKey;
import dev.kvorum.api.v3electionpb.LeaderRequest;
import dev.kvorum.api.v3electionpb.ProclaimRequest;
import dev.kvorum.api.v3electionpb.ResignRequest;
import dev.kvorum.api.v3lockpb.LockRequest;
import dev.kvorum.api.v3lockpb.UnlockRequest;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.watch.WatchRequest;
import dev.kvorum.verticles.service.ErrorTable;
import dev.kvorum.verticles.service.Service;
import io.vertx.core.Future;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What ends the waiting for a lock, for an election or for news of one: the client's deadline,
 * which keeps its code, or the member's stop, which keeps its text alone (contract S11.5).
 */
@Timeout(240)
class CoordinationWaitsTest {
  private static final String LOCK = "/v3lockpb.Lock/Lock";
  private static final String CAMPAIGN = "/v3electionpb.Election/Campaign";
  private static final String OBSERVE = "/v3electionpb.Election/Observe";
  private static final String UNLOCK = "/v3lockpb.Lock/Unlock";
  private static final String PROCLAIM = "/v3electionpb.Election/Proclaim";
  private static final String LEADER = "/v3electionpb.Election/Leader";
  private static final String RESIGN = "/v3electionpb.Election/Resign";
  private static final ByteString NAME = ByteString.copyFromUtf8("n");
  private static final long LEASE = 7;
  private static final long REVISION = 12;

  /** Somebody else's key, which was there first. */
  private static final Bytes FIRST =
      Bytes.wrap(
          KeyValue.newBuilder()
              .setKey(ByteString.copyFromUtf8("n/1"))
              .setCreateRevision(2)
              .build()
              .toByteArray());

  private final EdgeFixture edge = new EdgeFixture(GrpcLimits.DEFAULT);
  private final BlockingQueue<String> watches = new LinkedBlockingQueue<>();

  @AfterEach
  void closeEdge() {
    edge.close();
  }

  private static ByteString request(String path) {
    Message request =
        switch (path) {
          case LOCK -> LockRequest.newBuilder().setName(NAME).setLease(LEASE).build();
          case CAMPAIGN -> CampaignRequest.newBuilder().setName(NAME).setLease(LEASE).build();
          case UNLOCK -> UnlockRequest.newBuilder().setKey(NAME).build();
          case PROCLAIM ->
              ProclaimRequest.newBuilder().setLeader(LeaderKey.newBuilder().setKey(NAME)).build();
          case RESIGN ->
              ResignRequest.newBuilder().setLeader(LeaderKey.newBuilder().setKey(NAME)).build();
          default -> LeaderRequest.newBuilder().setName(NAME).build();
        };
    return request.toByteString();
  }

  /** A store in which somebody else is first, and stays. */
  private void serveAsSecond() {
    edge.service.script =
        call -> {
          var found = new Result.Range(REVISION, List.of(FIRST), false, 1);
          var result =
              call.command() instanceof Command.Range
                  ? found
                  : new Result.Txn(REVISION, true, List.of(new Result.Put(0, null), found));
          FakeService.Script.of(result).run(call);
        };
    edge.service.watches =
        _ -> {
          watches.add("opened");
          return new Service.WatchStream() {
            @Override
            public void request(WatchRequest request) {}

            @Override
            public void close() {
              watches.add("closed");
            }
          };
        };
  }

  private Future<EdgeFixture.Reply> call(String path, String... fields) {
    var request = edge.open(path, fields);
    var reply =
        request
            .response()
            .compose(
                response -> response.body().map(body -> new EdgeFixture.Reply(response, body)));
    request.end(frame(request(path).toByteArray()));
    return reply;
  }

  private void awaitWatch(String what) throws InterruptedException {
    assertThat(watches.poll(60, TimeUnit.SECONDS)).isEqualTo(what);
  }

  private static void assertStopped(EdgeFixture.Reply reply) {
    assertThat(reply.status()).isEqualTo("2");
    assertThat(reply.message()).isEqualTo("etcdserver: server stopped");
  }

  @ParameterizedTest
  @ValueSource(strings = {LOCK, CAMPAIGN, OBSERVE})
  void whoeverWaitsIsToldThatTheMemberStops(String path) throws Exception {
    serveAsSecond();
    var waiting = call(path);
    awaitWatch("opened");

    edge.onLoop(edge.edge::endStreams);

    assertStopped(EdgeFixture.get(waiting));
    awaitWatch("closed");
  }

  @ParameterizedTest
  @ValueSource(strings = {LOCK, CAMPAIGN, OBSERVE})
  void whoeverComesThenIsToldTheSame(String path) {
    serveAsSecond();
    edge.onLoop(edge.edge::endStreams);

    assertStopped(EdgeFixture.get(call(path)));
    assertThat(watches).isEmpty();
  }

  /** Nobody is told of a turn that comes later, so nobody must keep others from theirs. */
  @Test
  void whoeverWaitedGivesThePlaceUp() throws Exception {
    serveAsSecond();
    var waiting = call(LOCK);
    awaitWatch("opened");

    edge.onLoop(edge.edge::endStreams);

    assertStopped(EdgeFixture.get(waiting));
    assertPlaceIsGivenUp();
  }

  @ParameterizedTest
  @ValueSource(strings = {LOCK, CAMPAIGN})
  void aDeadlineKeepsItsCodeAndGivesThePlaceUp(String path) throws Exception {
    serveAsSecond();
    // It runs while classes are loaded, too, and must not be over before the watch is there.
    var waiting = call(path, "grpc-timeout", "5S");
    awaitWatch("opened");

    var reply = EdgeFixture.get(waiting);

    assertThat(reply.status()).isEqualTo("4");
    assertThat(reply.message()).isEqualTo("context deadline exceeded");
    awaitWatch("closed");
    assertPlaceIsGivenUp();
  }

  private void assertPlaceIsGivenUp() throws InterruptedException {
    var key = Bytes.utf8("n/7");
    var left = awaitDelete();
    assertThat(left.compares().getFirst().key()).isEqualTo(key);
    assertThat(left.success()).containsExactly(new Command.DeleteRange(key, Bytes.EMPTY, false));
  }

  /** Behind the calls that took the place and looked who is before it. */
  private Command.Txn awaitDelete() throws InterruptedException {
    while (true) {
      var call = edge.service.calls.poll(60, TimeUnit.SECONDS);
      assertThat(call).as("a delete").isNotNull();
      if (call.command() instanceof Command.Txn txn
          && txn.success().getFirst() instanceof Command.DeleteRange) {
        return txn;
      }
    }
  }

  /** Contract S11.5: but for the client's own limits, which keep their codes. */
  @Test
  void everyErrorOfTheStoreKeepsItsTextAndLosesItsCode() {
    for (var failure : Failure.values()) {
      edge.service.script = FakeService.Script.of(new Result.Failed(failure));
      var keeps = failure == Failure.CANCELED || failure == Failure.DEADLINE_EXCEEDED;
      var code = keeps ? GrpcStatus.of(failure).code().number() : 2;
      for (var path : List.of(LOCK, UNLOCK, CAMPAIGN, PROCLAIM, LEADER, OBSERVE, RESIGN)) {
        var reply = EdgeFixture.get(call(path));

        assertThat(reply.message()).as(path).isEqualTo(ErrorTable.of(failure).text());
        assertThat(reply.status()).as(path).isEqualTo(String.valueOf(code));
      }
    }
  }
}
