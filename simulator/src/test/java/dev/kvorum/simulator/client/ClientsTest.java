package dev.kvorum.simulator.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.simulator.engine.Scheduler;
import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.plan.Plan;
import dev.kvorum.simulator.plan.Tuning;
import dev.kvorum.simulator.plan.Weather;
import dev.kvorum.simulator.world.ClientPort;
import dev.kvorum.simulator.world.Reply;
import dev.kvorum.simulator.world.Request;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.mvcc.RequestCheck;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ClientsTest {
  private static final int MAX_TXN_OPS = 128;

  /** A service that knows nothing: some requests are lost, and the others refused. */
  private static final class Refusing implements ClientPort {
    private final Scheduler scheduler = new Scheduler();
    private final SimRandom random = new SimRandom(3);
    private final List<Request> requests = new ArrayList<>();
    private long nextRequestId;

    @Override
    public void submit(Request request, Listener listener) {
      requests.add(request);
      Reply reply =
          random.below(3) == 0
              ? new Reply.Unknown("lost")
              : new Reply.Answered(new Result.Failed(failure()), 0);
      scheduler.schedule(
          random.exponential(5_000_000), (_, _, _) -> listener.replied(request, reply), 0, 0, null);
    }

    private Failure failure() {
      return random.below(2) == 0 ? Failure.NO_LEADER : Failure.COMPACTED;
    }

    @Override
    public long nextRequestId() {
      return nextRequestId++;
    }

    @Override
    public int memberCount() {
      return 3;
    }
  }

  private static Plan plan(long seed) {
    return new Plan(seed, 3, 12, 60_000, 1_000_000_000L, Weather.CALM, Tuning.ROOMY, 1, List.of());
  }

  private static List<Request> requests(TrafficPlan traffic) {
    var port = new Refusing();
    new Clients(traffic).start(port, port.scheduler);
    while (port.scheduler.step()) {
      // Everything that was planned is asked, or left out.
    }
    return port.requests;
  }

  @Test
  void aSeedAlwaysAsksTheSame() {
    assertThat(requests(TrafficPlan.draw(plan(1)))).isEqualTo(requests(TrafficPlan.draw(plan(1))));
    assertThat(requests(TrafficPlan.draw(plan(1))))
        .isNotEqualTo(requests(TrafficPlan.draw(plan(2))));
  }

  @SuppressWarnings("ReferenceEquality") // the same command object, sent again
  @Test
  void noIdIsUsedTwiceAlsoWhenARequestIsTriedAgain() {
    for (var seed = 0L; seed < 10; seed++) {
      var requests = requests(TrafficPlan.draw(plan(seed)));
      var ids = new HashSet<Long>();
      var repeated = 0;
      Request before = null;
      for (var request : requests) {
        assertThat(ids.add(request.id())).isTrue();
        repeated += before != null && before.command().equals(request.command()) ? 1 : 0;
        before = request;
      }
      assertThat(requests.size()).isGreaterThan(100);
      assertThat(repeated).as("of seed %d", seed).isPositive();
    }
  }

  @Test
  void everyRequestPassesTheChecksBeforeTheLog() {
    for (var seed = 0L; seed < 20; seed++) {
      for (var request : requests(TrafficPlan.draw(plan(seed)))) {
        assertThat(RequestCheck.check(request.command(), MAX_TXN_OPS))
            .as("seed %d: %s", seed, request)
            .isNull();
      }
    }
  }

  @Test
  void aClientAsksOneThingAtATime() {
    var open = new HashSet<Integer>();
    var port = new Refusing();
    var counting =
        new ClientPort() {
          @Override
          public void submit(Request request, Listener listener) {
            assertThat(open.add(request.client())).isTrue();
            port.submit(
                request,
                (answered, reply) -> {
                  open.remove(answered.client());
                  listener.replied(answered, reply);
                });
          }

          @Override
          public long nextRequestId() {
            return port.nextRequestId();
          }

          @Override
          public int memberCount() {
            return port.memberCount();
          }
        };
    new Clients(TrafficPlan.draw(plan(4))).start(counting, port.scheduler);
    while (port.scheduler.step()) {
      // Until nobody asks any more.
    }
    assertThat(port.requests).hasSizeGreaterThan(100);
  }

  /** What shrinking relies on: an operation does the same whichever others are left. */
  @Test
  void leavingOperationsOutLeavesTheOthersAsTheyWere() {
    var traffic = TrafficPlan.draw(plan(5));
    var few = traffic.operations().subList(40, 43);
    var requests = requests(traffic.withOperations(few));
    assertThat(requests).isNotEmpty();
    assertThat(requests).extracting(Request::client).isSubsetOf(clients(few));
    var fewer = requests(traffic.withOperations(few.subList(0, 1)));
    assertThat(fewer.getFirst().command()).isEqualTo(requests.getFirst().command());
  }

  private static List<Integer> clients(List<Operation> operations) {
    return operations.stream().map(Operation::client).toList();
  }

  @Test
  void everyActionBelongsToAProfile() {
    var random = new SimRandom(1);
    var drawn = new HashSet<Action>();
    for (var profile : Profile.values()) {
      for (var i = 0; i < 2_000; i++) {
        drawn.add(profile.draw(random));
      }
    }
    assertThat(drawn).containsExactlyInAnyOrder(Action.values());
  }
}
