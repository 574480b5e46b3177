package dev.kvorum.simulator.world;

import dev.kvorum.simulator.engine.SimRandom;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.state.AppliedState;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * The clients' requests on their way: to a member, back with its answer, or into nothing. Every one
 * of them ends, by an answer or by a time-out.
 */
final class ClientCalls {
  /** How long clients wait, in milliseconds; each seed has one of them. */
  private static final int[] TIMEOUTS = {300, 1_000, 6_000};

  private record Call(Request request, ClientPort.Listener listener) {}

  /** An answer on its way. */
  record Answer(long id, Reply reply) {}

  private final World world;
  private final SimRandom random;
  private final long timeoutNanos;

  /** Requests without an end, by id; never iterated. */
  private final Map<Long, Call> calls = new HashMap<>();

  /** Members that no client reaches. */
  private final BitSet cut = new BitSet();

  private long nextRequestId;

  ClientCalls(World world, SimRandom random) {
    this.world = world;
    this.random = random;
    timeoutNanos = random.oneOf(TIMEOUTS) * 1_000_000L;
  }

  long nextRequestId() {
    return nextRequestId++;
  }

  /** How long something small takes on its way, that is no message between members. */
  long delay() {
    return 50_000 + random.exponential(100_000);
  }

  /** From now on no client reaches the member, or clients do. */
  void cut(int member, boolean isCut) {
    cut.set(member, isCut);
  }

  boolean isCut(int member) {
    return cut.get(member);
  }

  /** Clients reach everybody. */
  void heal() {
    cut.clear();
  }

  /** A client asks. */
  void submit(Request request, ClientPort.Listener listener) {
    world.observe(observer -> observer.invoked(request));
    calls.put(request.id(), new Call(request, listener));
    world.scheduler().schedule(timeoutNanos, world, World.TIMEOUT, request.id(), null);
    var life = world.member(request.member()).life();
    if (life != null && !isCut(request.member())) {
      life.request(delay(), request);
    }
  }

  /** A member has decided an answer. */
  void reply(int member, Request request, Reply.Answered reply, AppliedState published) {
    if (revision(reply.result()) > published.kv().revision()) {
      throw new WrongException("an answer leaves before its effect is published");
    }
    if (reply.result() instanceof Result.Failed(var failure)
        && failure.kind() == Failure.Kind.UNKNOWN) {
      later(request, new Reply.Unknown(failure.name()));
      return;
    }
    if (world.trace().isTold()) {
      world.tell(member, "answers request " + request.id() + " with " + reply.result());
    }
    world.observe(observer -> observer.answered(request, reply));
    if (!isCut(member)) {
      later(request, reply);
    }
  }

  /** A member has answered what it asked of itself; nothing can get lost. */
  void repliedInside(Request request, Reply.Answered reply) {
    if (reply.result() instanceof Result.Failed(var failure)
        && failure.kind() == Failure.Kind.UNKNOWN) {
      return;
    }
    world.observe(observer -> observer.answered(request, reply));
    world.observe(observer -> observer.returned(request, reply));
  }

  private static long revision(Result result) {
    return switch (result) {
      case Result.Range range -> range.revision();
      case Result.Put put -> put.revision();
      case Result.DeleteRange delete -> delete.revision();
      case Result.Txn txn -> txn.revision();
      case Result.Compact compact -> compact.revision();
      case Result.Alarm alarm -> alarm.revision();
      case Result.LeaseGrant grant -> grant.revision();
      case Result.LeaseRevoke revoke -> revoke.revision();
      case Result.LeaseKeepAlive kept -> kept.revision();
      case Result.LeaseTimeToLive time -> time.revision();
      case Result.LeaseLeases leases -> leases.revision();
      case Result.Done done -> done.revision();
      case Result.Failed _ -> 0;
    };
  }

  private void later(Request request, Reply reply) {
    world.scheduler().schedule(delay(), world, World.REPLY, 0, new Answer(request.id(), reply));
  }

  /** An answer has reached its client, if that still waits. */
  void returned(Answer answer) {
    end(answer.id, answer.reply);
  }

  /** A client waits no longer. */
  void timedOut(long id) {
    end(id, new Reply.Unknown("no answer in time"));
  }

  private void end(long id, Reply reply) {
    var call = calls.remove(id);
    if (call != null) {
      world.observe(observer -> observer.returned(call.request, reply));
      call.listener.replied(call.request, reply);
    }
  }
}
