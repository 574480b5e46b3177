package dev.kvorum.loadtest.crash;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.PutResponse;
import dev.kvorum.api.etcdserverpb.RequestOp;
import dev.kvorum.api.etcdserverpb.TxnRequest;
import dev.kvorum.api.etcdserverpb.TxnResponse;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.Methods;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Keeps many writes in flight until one of them fails, as they do when the server is killed.
 *
 * <p>A write that got no answer stays unknown: it may be there afterwards or not.
 */
public final class CrashWriter {
  private final GrpcClient client;
  private final WriteLedger ledger;
  private final AtomicLong acknowledgements = new AtomicLong();
  private final AtomicInteger lanes;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private volatile boolean stopping;
  private volatile @Nullable Throwable firstFailure;

  private CrashWriter(GrpcClient client, WriteLedger ledger, int inFlight) {
    this.client = client;
    this.ledger = ledger;
    this.lanes = new AtomicInteger(inFlight);
  }

  /**
   * Starts writing.
   *
   * @param inFlight how many writes wait for their answer at any time, at least 1
   */
  public static CrashWriter start(GrpcClient client, WriteLedger ledger, int inFlight) {
    CrashWriter writer = new CrashWriter(client, ledger, inFlight);
    for (int lane = 0; lane < inFlight; lane++) {
      writer.writeNext();
    }
    return writer;
  }

  /** How many writes of this writer the server has acknowledged. */
  public long acknowledgements() {
    return acknowledgements.get();
  }

  /**
   * Waits until the server has acknowledged so many writes of this writer.
   *
   * @throws IllegalStateException if the writer stops before, or it takes longer than {@code
   *     patience}
   */
  public void awaitAcknowledgements(long count, Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (acknowledgements.get() < count) {
      boolean ended = stopped.await(1, TimeUnit.MILLISECONDS);
      if (acknowledgements.get() < count && (ended || System.nanoTime() > deadline)) {
        throw new IllegalStateException(
            acknowledgements.get()
                + " of "
                + count
                + " writes acknowledged, "
                + (ended ? "then one failed: " + firstFailure : "and time is over"));
      }
    }
  }

  /** Sends nothing new; {@link #awaitStopped} waits for what is in flight. */
  public void stop() {
    stopping = true;
  }

  /**
   * Waits until every write was answered or failed.
   *
   * @throws IllegalStateException if some hang longer than {@code patience}
   */
  public void awaitStopped(Duration patience) throws InterruptedException {
    if (!stopped.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IllegalStateException(
          lanes.get() + " writes neither answered nor failed within " + patience);
    }
  }

  private void writeNext() {
    if (stopping) {
      endLane();
      return;
    }
    long number = ledger.nextNumber();
    Future<Long> revision = CrashKeys.isPair(number) ? putTwo(number) : putOne(number);
    revision.onComplete(
        outcome -> {
          if (outcome.succeeded()) {
            ledger.acknowledge(number, outcome.result());
            acknowledgements.incrementAndGet();
            writeNext();
          } else {
            if (firstFailure == null) {
              firstFailure = outcome.cause();
            }
            stopping = true;
            endLane();
          }
        });
  }

  private void endLane() {
    if (lanes.decrementAndGet() == 0) {
      stopped.countDown();
    }
  }

  private Future<Long> putOne(long number) {
    return client
        .call(Methods.PUT, put(CrashKeys.keys(number).getFirst(), number))
        .map(PutResponse::getHeader)
        .map(header -> header.getRevision());
  }

  private Future<Long> putTwo(long number) {
    TxnRequest.Builder transaction = TxnRequest.newBuilder();
    for (ByteString key : CrashKeys.keys(number)) {
      transaction.addSuccess(RequestOp.newBuilder().setRequestPut(put(key, number)));
    }
    return client
        .call(Methods.TXN, transaction.build())
        .map(TxnResponse::getHeader)
        .map(header -> header.getRevision());
  }

  private static PutRequest put(ByteString key, long number) {
    return PutRequest.newBuilder().setKey(key).setValue(CrashKeys.value(number)).build();
  }
}
