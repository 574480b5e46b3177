package dev.kvorum.simulator.client;

import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.simulator.world.Reply;
import dev.kvorum.simulator.world.Request;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One client: it asks, waits, remembers, and asks again. It has one request under way at most.
 *
 * <p>A request that failed may be tried again, at another member. That is another request with an
 * id of its own, because the first may still take effect.
 */
final class Client {
  /** More operations than this do not queue up behind a slow answer; the rest is left out. */
  private static final int MAX_WAITING = 3;

  /** In so many of a million requests the client turns to another member without a reason. */
  private static final int WANDER = 50_000;

  /** What the client is about to send, or has sent. */
  record Attempt(Command command, SimRandom random, int retriesLeft, boolean isLast) {}

  private final int number;
  private final Profile profile;
  private final CommandMaker maker;
  private final Memory memory;
  private final ArrayDeque<Operation> waiting = new ArrayDeque<>();
  private @Nullable Attempt current;

  /** The member that the client prefers. */
  private int home;

  /** What is left to be asked once the chaos is over. */
  private final ArrayDeque<Attempt> last = new ArrayDeque<>();

  Client(int number, Profile profile, KeySpace keys, int home) {
    this.number = number;
    this.profile = profile;
    this.home = home;
    maker = new CommandMaker(keys);
    memory = new Memory(keys);
  }

  boolean isIdle() {
    return current == null;
  }

  /** Something to do; waits if the client is not idle. */
  void plan(Operation operation) {
    if (waiting.size() < MAX_WAITING) {
      waiting.addLast(operation);
    }
  }

  /** Everything that was planned is forgotten; from now on only this is asked, until it works. */
  void wantLast(Attempt first, Attempt second) {
    waiting.clear();
    last.addLast(first);
    last.addLast(second);
  }

  boolean hasMore() {
    return !waiting.isEmpty() || !last.isEmpty();
  }

  /** The next request, of which {@link #hasMore} holds. */
  Request next(long id, int members) {
    var operation = waiting.pollFirst();
    var attempt = operation == null ? last.removeFirst() : begin(operation, id);
    return send(attempt, id, members);
  }

  private Attempt begin(Operation operation, long id) {
    var random = new SimRandom(operation.seed());
    var command = maker.make(profile.draw(random), random, memory, id);
    return new Attempt(command, random, random.below(4), false);
  }

  private Request send(Attempt attempt, long id, int members) {
    if (attempt.random.chance(WANDER)) {
      home = attempt.random.below(members);
    }
    current = attempt;
    return new Request(id, number, home % members, attempt.command);
  }

  /**
   * The request under way has ended.
   *
   * @return whether it is to be tried again after a pause, by {@link #again}
   */
  boolean replied(Reply reply, int members) {
    var attempt = current();
    var failed =
        switch (reply) {
          case Reply.Answered(Result result, _) -> {
            memory.learn(attempt.command, result);
            yield result instanceof Result.Failed(var failure)
                && failure.kind() != Failure.Kind.REJECTED;
          }
          case Reply.Unknown _ -> true;
        };
    if (failed) {
      home = attempt.random.below(members);
      if (attempt.isLast || (attempt.retriesLeft > 0 && last.isEmpty())) {
        return true;
      }
    }
    current = null;
    return false;
  }

  /** The same once more, at the member that the client prefers now. */
  Request again(long id, int members) {
    var attempt = current();
    return send(
        new Attempt(attempt.command, attempt.random, attempt.retriesLeft - 1, attempt.isLast),
        id,
        members);
  }

  /** How long the client waits before it tries again. */
  long pauseNanos(long meanNanos) {
    return current().random.exponential(meanNanos);
  }

  private Attempt current() {
    if (current == null) {
      throw new IllegalStateException("client " + number + " waits for nothing");
    }
    return current;
  }
}
