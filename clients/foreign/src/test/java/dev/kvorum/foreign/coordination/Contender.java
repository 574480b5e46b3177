package dev.kvorum.foreign.coordination;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.kvorum.api.etcdserverpb.Compare;
import dev.kvorum.api.etcdserverpb.LeaseGrantRequest;
import dev.kvorum.api.etcdserverpb.LeaseKeepAliveRequest;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.api.etcdserverpb.RequestOp;
import dev.kvorum.api.etcdserverpb.TxnRequest;
import dev.kvorum.api.v3lockpb.LockRequest;
import dev.kvorum.api.v3lockpb.LockResponse;
import dev.kvorum.api.v3lockpb.UnlockRequest;
import dev.kvorum.foreign.BidiStream;
import dev.kvorum.foreign.Node;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.GrpcReply;
import dev.kvorum.loadtest.wire.GrpcStatusException;
import dev.kvorum.loadtest.wire.Method;
import dev.kvorum.loadtest.wire.Methods;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A client that wants the lock some times. It keeps its lease alive, but for the times when it does
 * not: then it is like a process that stands still, and its lease runs out while it waits or while
 * it believes that it holds the lock.
 */
final class Contender implements Runnable {
  static final ByteString RESOURCE = ByteString.copyFromUtf8("resource");
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final String TIMED_OUT = "etcdserver: request timed out";

  /** A server that is always late does not pass for a slow one. */
  private static final int MOST_TIMEOUTS = 20;

  /**
   * A time in which this client was told that it held the lock.
   *
   * @param token the create revision of its key
   * @param toldAt the store's revision when it was told
   */
  record Hold(long token, long toldAt) {}

  /** What all clients of a contest report to. */
  interface Referee {
    void held(Hold hold);

    /** The lock's answer to a client whose lease had ended before its turn came. */
    void refused(String text);

    /** A client whose lease has ended tried to write; {@code written} when it could. */
    void wroteLate(boolean written);

    /** The server did not answer in its time. */
    void timedOut();
  }

  /** What it does with its lease during one attempt. */
  enum Plan {
    BEHAVE,
    STAND_STILL_WHILE_WAITING,
    STAND_STILL_WHILE_HOLDING
  }

  private final Node node;
  private final ByteString name;
  private final SplittableRandom random;
  private final LockHistory history;
  private final Referee referee;

  /** What it still has to do, so that a contest has some of everything; null when that is done. */
  private @Nullable Plan owed;

  private int wanted;
  private int timeouts;

  /**
   * @param owed what it does before it does as it likes
   * @param wanted how often it wants the lock
   */
  Contender(
      Node node,
      ByteString name,
      SplittableRandom random,
      LockHistory history,
      Referee referee,
      Plan owed,
      int wanted) {
    this.node = node;
    this.name = name;
    this.random = random;
    this.history = history;
    this.referee = referee;
    this.owed = owed;
    this.wanted = wanted;
  }

  @Override
  public void run() {
    try {
      while (wanted > 0) {
        attemptUnlessTheDiskStandsStill();
      }
    } catch (InterruptedException | GrpcStatusException | InvalidProtocolBufferException failure) {
      throw new IllegalStateException(failure);
    }
  }

  /**
   * A request that timed out may have taken effect, so nothing is made of it: the attempt is made
   * again with another lease, and with it another place. The place of the one before, if it got
   * one, ends with its lease, which nobody renews any more.
   */
  private void attemptUnlessTheDiskStandsStill()
      throws InterruptedException, GrpcStatusException, InvalidProtocolBufferException {
    try {
      attempt();
    } catch (GrpcStatusException failure) {
      passOver(failure);
    }
  }

  private void passOver(GrpcStatusException failure) throws GrpcStatusException {
    if (!isTimeout(failure.getMessage()) || ++timeouts > MOST_TIMEOUTS) {
      throw failure;
    }
    referee.timedOut();
  }

  private void attempt()
      throws InterruptedException, GrpcStatusException, InvalidProtocolBufferException {
    long lease =
        call(Methods.LEASE_GRANT, LeaseGrantRequest.newBuilder().setTTL(1).build()).getID();
    Plan plan = owed == null ? anyPlan() : owed;
    AtomicBoolean still = new AtomicBoolean(plan == Plan.STAND_STILL_WHILE_WAITING);
    Thread keeper = Thread.startVirtualThread(() -> keepAlive(lease, still));
    try {
      GrpcReply reply =
          send(
              "v3lockpb.Lock/Lock", LockRequest.newBuilder().setName(name).setLease(lease).build());
      if (isTimeout(reply.message())) {
        throw new GrpcStatusException(reply.code(), reply.message());
      }
      if (plan != Plan.STAND_STILL_WHILE_HOLDING) {
        owed = null;
      }
      if (!reply.succeeded()) {
        referee.refused(reply.message());
        return;
      }
      var held = LockResponse.parseFrom(reply.onlyMessage());
      Long token = createRevision(held.getKey());
      if (token == null) {
        // The lease ended right after the answer.
        return;
      }
      wanted--;
      referee.held(new Hold(token, held.getHeader().getRevision()));
      if (plan == Plan.STAND_STILL_WHILE_HOLDING) {
        still.set(true);
        if (!BidiStream.await(() -> history.end(token) != LockHistory.NOT_YET, PATIENCE)) {
          throw new IllegalStateException("lease " + lease + " does not end");
        }
        referee.wroteLate(write(held.getKey(), token));
        owed = null;
      } else {
        var _ = write(held.getKey(), token);
        send("v3lockpb.Lock/Unlock", UnlockRequest.newBuilder().setKey(held.getKey()).build());
      }
    } finally {
      still.set(true);
      keeper.join();
    }
  }

  /** The server did not answer in its time, as when its disk stands still for seconds. */
  static boolean isTimeout(@Nullable String text) {
    return TIMED_OUT.equals(text);
  }

  private Plan anyPlan() {
    return switch (random.nextInt(40)) {
      case 0 -> Plan.STAND_STILL_WHILE_HOLDING;
      case 1, 2, 3, 4, 5 -> Plan.STAND_STILL_WHILE_WAITING;
      default -> Plan.BEHAVE;
    };
  }

  /** Each renewal is sent when the one before is answered and a third of the time is over. */
  private void keepAlive(long lease, AtomicBoolean still) {
    try {
      while (!still.get()) {
        send(
            "etcdserverpb.Lease/LeaseKeepAlive",
            LeaseKeepAliveRequest.newBuilder().setID(lease).build());
        for (int pause = 0; pause < 30 && !still.get(); pause++) {
          Thread.sleep(10);
        }
      }
    } catch (InterruptedException | GrpcStatusException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private @Nullable Long createRevision(ByteString key)
      throws InterruptedException, GrpcStatusException {
    // It was told that it holds the lock, so the others may rely on its being noted.
    while (true) {
      try {
        var found = call(Methods.RANGE, RangeRequest.newBuilder().setKey(key).build());
        return found.getCount() == 0 ? null : found.getKvs(0).getCreateRevision();
      } catch (GrpcStatusException failure) {
        passOver(failure);
      }
    }
  }

  /** Writes to what the lock guards, if the lock's key is still the one of this token. */
  private boolean write(ByteString lockKey, long token)
      throws InterruptedException, GrpcStatusException {
    var fence =
        Compare.newBuilder()
            .setKey(lockKey)
            .setTarget(Compare.CompareTarget.CREATE)
            .setResult(Compare.CompareResult.EQUAL)
            .setCreateRevision(token);
    var put =
        PutRequest.newBuilder()
            .setKey(RESOURCE)
            .setValue(ByteString.copyFromUtf8(Long.toString(token)));
    return call(
            Methods.TXN,
            TxnRequest.newBuilder()
                .addCompare(fence)
                .addSuccess(RequestOp.newBuilder().setRequestPut(put))
                .build())
        .getSucceeded();
  }

  private <Q extends Message, A extends Message> A call(Method<Q, A> method, Q request)
      throws InterruptedException, GrpcStatusException {
    return node.client().await(method, request, PATIENCE);
  }

  private GrpcReply send(String method, Message request)
      throws InterruptedException, GrpcStatusException {
    return GrpcClient.await(node.client().call(method, request.toByteString()), PATIENCE);
  }
}
