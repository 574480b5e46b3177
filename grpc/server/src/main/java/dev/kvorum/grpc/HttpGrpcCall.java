package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.verticles.service.CallContext;
import dev.kvorum.verticles.service.Ledger;
import dev.kvorum.verticles.service.Ledger.Account;
import io.vertx.core.Timer;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link GrpcCall} on an HTTP/2 stream, whoever reads the stream's frames: Vert.x's request, or
 * {@link StreamFrames} below it. It gathers the one message of the request and hands it to the
 * method's handler when the client is done, or hands over each message as it comes; and it sees to
 * it that exactly one end follows, also when the body is damaged, the handler throws, the deadline
 * passes or the client resets the stream.
 */
final class HttpGrpcCall implements GrpcCall {
  private static final Logger LOG = LoggerFactory.getLogger(HttpGrpcCall.class);

  /** The client's side of the stream. */
  interface Input {
    /** Lets no more credit go out: what comes from now on waits with the client. */
    void pause();

    void resume();
  }

  /** An answer of this size takes hardly more than the stream that it waits in. */
  static final int UNCOUNTED_BYTES = 4 * 1024;

  private final ReplyWriter writer;
  private final ClientConnection connection;
  private final RpcObserver observer;
  private final SlowCalls slowCalls;
  private final Ledger ledger;
  private final RpcMethod method;
  private final CallContext context;
  private final MessageReader reader;
  private final long startedNanos;

  private @Nullable Input input;
  private @Nullable RpcHandler handler;
  private StreamHandler.@Nullable Incoming incoming;
  private @Nullable Bytes message;

  /** The message that was sent, or the last part of it. */
  private @Nullable Bytes answer;

  private long answerBytes;

  /** What the message that was begun still lacks. */
  private int unsentBytes;

  /** What the ledger has of this call's request. */
  private long requestBytes;

  private boolean halfClosed;
  private boolean closed;
  private @Nullable Timer deadline;
  private @Nullable Runnable onClose;

  HttpGrpcCall(
      ReplyWriter writer,
      ClientConnection connection,
      RequestHead.Accepted head,
      int maxMessageBytes,
      RpcObserver observer,
      SlowCalls slowCalls,
      Ledger ledger) {
    this.writer = writer;
    this.connection = connection;
    this.observer = observer;
    this.slowCalls = slowCalls;
    this.method = head.method();
    this.ledger = ledger;
    this.reader = new MessageReader(maxMessageBytes, this::admit);
    this.startedNanos = System.nanoTime();
    var deadlineNanos = deadlineNanos(head.timeoutNanos());
    this.context =
        deadlineNanos == CallContext.NO_DEADLINE && !head.requireLeader()
            ? CallContext.PLAIN
            : new CallContext(deadlineNanos, head.requireLeader());
    connection.callOpened();
    observer.started(method, head.clientApiVersion());
  }

  private long deadlineNanos(long timeoutNanos) {
    // Half the range is 146 years: nobody waits so long, and differences stay comparable.
    return timeoutNanos > Long.MAX_VALUE / 2
        ? CallContext.NO_DEADLINE
        : startedNanos + timeoutNanos;
  }

  /** Makes Vert.x's request the one that is read. */
  void readFrom(HttpServerRequest request) {
    request.response().exceptionHandler(_ -> transportFailed());
    request.handler(chunk -> received(VertxInternals.alias(chunk))).endHandler(_ -> endOfRequest());
    input =
        new Input() {
          @Override
          public void pause() {
            request.pause();
          }

          @Override
          public void resume() {
            request.resume();
          }
        };
  }

  /** Makes somebody else the one who calls {@link #received} and the like. */
  void readFrom(Input frames) {
    input = frames;
  }

  /** The handler runs when all of the request is there. */
  void serve(Vertx vertx, long timeoutNanos, RpcHandler toServe) {
    if (setDeadline(vertx, timeoutNanos)) {
      handler = toServe;
    }
  }

  /** Hands over the messages of the request as they come. */
  void serve(Vertx vertx, long timeoutNanos, StreamHandler toServe) {
    if (setDeadline(vertx, timeoutNanos)) {
      guard(() -> incoming = toServe.open(this));
    }
  }

  private boolean setDeadline(Vertx vertx, long timeoutNanos) {
    if (context.deadlineNanos() == CallContext.NO_DEADLINE) {
      return true;
    }
    if (timeoutNanos <= 0) {
      finish(GrpcStatus.DEADLINE_EXCEEDED);
      return false;
    }
    var timer = vertx.timer(timeoutNanos, TimeUnit.NANOSECONDS);
    timer.onSuccess(ignored -> finish(GrpcStatus.DEADLINE_EXCEEDED));
    deadline = timer;
    return true;
  }

  /** The next part of the body, given up by the caller. */
  void received(Bytes chunk) {
    connection.received();
    if (closed) {
      return;
    }
    var refusal = reader.read(chunk, this::message);
    if (refusal != null) {
      refuse(refusal);
    }
  }

  /** What the client sent cannot be served. */
  private void refuse(GrpcStatus status) {
    if (incoming != null && !closed) {
      observer.receiveFailed(method);
    }
    finish(status);
  }

  /** A message does not lie in one chunk, so there will be memory of this call alone. */
  private boolean admit(int messageBytes) {
    if (!ledger.tryReserve(Account.REQUESTS, messageBytes)) {
      return false;
    }
    requestBytes += messageBytes;
    return true;
  }

  private void message(Bytes received) {
    observer.messageReceived(method, received.size());
    var stream = incoming;
    if (stream != null) {
      if (!closed) {
        guard(() -> stream.message(received));
      }
      releaseRequest();
      return;
    }
    if (message != null) {
      finish(GrpcStatus.internal("a second request message where the method takes one"));
      return;
    }
    message = received;
  }

  /** The client has said all it has to say. */
  void endOfRequest() {
    if (incoming == null) {
      halfClose();
    } else {
      halfCloseStream();
    }
  }

  private void halfClose() {
    halfClosed = true;
    if (closed || handler == null) {
      return;
    }
    if (!reader.isBetweenMessages()) {
      finish(GrpcStatus.internal("unexpected end of the request inside of a message"));
    } else if (message == null) {
      finish(GrpcStatus.internal("no request message where the method takes one"));
    } else {
      // From here on it is reserved by whoever keeps it. Twice it would be in its own way: with the
      // account full of messages that were let in, none of them would have got any further.
      releaseRequest();
      run(handler, message);
    }
    handler = null;
  }

  private void halfCloseStream() {
    halfClosed = true;
    var stream = incoming;
    if (closed || stream == null) {
      return;
    }
    if (reader.isBetweenMessages()) {
      guard(stream::halfClosed);
    } else {
      refuse(GrpcStatus.internal("unexpected end of the request inside of a message"));
    }
  }

  private void run(RpcHandler toRun, Bytes received) {
    guard(() -> toRun.handle(this, received));
  }

  /** Work of a handler. */
  private interface Work {
    void run() throws MalformedProto;
  }

  private void guard(Work work) {
    try {
      work.run();
    } catch (MalformedProto malformed) {
      refuse(GrpcStatus.internal("grpc: error unmarshalling request: " + malformed.getMessage()));
    } catch (InvariantViolation violation) {
      throw violation;
    } catch (RuntimeException | StackOverflowError bug) {
      LOG.error("failed to serve method={}", method.path(), bug);
      finish(GrpcStatus.internal("internal error"));
    }
  }

  @Override
  public RpcMethod method() {
    return method;
  }

  @Override
  public CallContext context() {
    return context;
  }

  @Override
  public void reply(Bytes only) {
    if (closed) {
      return;
    }
    var size = only.size();
    observer.messageSent(method, size);
    if (size > UNCOUNTED_BYTES) {
      // Until the client has taken it, which may be long after the call.
      ledger.add(Account.ANSWERS, size);
      writer.reply(only, () -> ledger.release(Account.ANSWERS, size));
    } else {
      writer.reply(only);
    }
    connection.sent();
    answer = only;
    answerBytes = size;
    close(GrpcCode.OK);
  }

  @Override
  public void send(Bytes answer) {
    if (closed) {
      return;
    }
    observer.messageSent(method, answer.size());
    writer.send(answer);
    connection.sent();
  }

  @Override
  public void send(Bytes head, Bytes tail) {
    if (closed) {
      return;
    }
    observer.messageSent(method, head.size() + tail.size());
    writer.send(head, tail);
    connection.sent();
  }

  @Override
  public void begin(int messageSize) {
    if (closed) {
      return;
    }
    InvariantViolation.check(unsentBytes == 0, "a message begins behind the end of another");
    observer.messageSent(method, messageSize);
    unsentBytes = messageSize;
    answerBytes = messageSize;
    writer.begin(messageSize);
    connection.sent();
  }

  @Override
  public void part(Bytes part) {
    if (closed) {
      return;
    }
    willSend(part.size());
    writer.part(part.asByteBuffer(), () -> {});
    connection.sent();
    answer = part;
  }

  @Override
  public void part(ByteBuffer part, Runnable whenGone) {
    if (closed) {
      whenGone.run();
      return;
    }
    willSend(part.remaining());
    writer.part(part, whenGone);
    connection.sent();
  }

  private void willSend(int bytes) {
    unsentBytes -= bytes;
    InvariantViolation.check(unsentBytes >= 0, "a message ends where was said");
  }

  @Override
  public void finish(GrpcStatus status) {
    if (closed) {
      return;
    }
    if (unsentBytes > 0) {
      writer.reset(status.code());
    } else {
      // A client that is refused for want of room may send on, and nobody listens. To stop it would
      // cost a reset for each frame that is under way, and after 200 resets in half a minute Netty
      // takes the client for an attacker and ends the connection with all its other calls.
      writer.finish(status, !halfClosed && !status.equals(MessageReader.NO_ROOM));
    }
    connection.sent();
    close(status.code());
  }

  /** The client or the connection has reset the stream. */
  void transportFailed() {
    if (!closed) {
      close(GrpcCode.CANCELED);
    }
  }

  private void close(GrpcCode code) {
    closed = true;
    var timer = deadline;
    if (timer != null) {
      timer.cancel();
    }
    connection.callClosed();
    var tookNanos = System.nanoTime() - startedNanos;
    observer.handled(method, code, tookNanos);
    if (slowCalls.isSlow(tookNanos)) {
      slowCalls.log(method, tookNanos, connection.remoteAddress(), message, answer, answerBytes);
    }
    message = null;
    answer = null;
    releaseRequest();
    var action = onClose;
    if (action != null) {
      onClose = null;
      action.run();
    }
  }

  private void releaseRequest() {
    ledger.release(Account.REQUESTS, requestBytes);
    requestBytes = 0;
  }

  @Override
  public void sendEvents(Bytes start, long watchId, Bytes events) {
    if (closed) {
      return;
    }
    observer.messageSent(method, writer.sendEvents(start, watchId, events));
    connection.sent();
  }

  @Override
  public void flushEvents() {
    writer.flushEvents();
  }

  @Override
  public void pauseInput() {
    if (input != null) {
      input.pause();
    }
  }

  @Override
  public void resumeInput() {
    if (input != null) {
      input.resume();
    }
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  @Override
  public boolean isWritable() {
    return closed || writer.isWritable();
  }

  @Override
  public void onDrain(Runnable action) {
    writer.onDrain(action);
  }

  @Override
  public void onClose(Runnable action) {
    if (closed) {
      action.run();
    } else {
      onClose = action;
    }
  }
}
