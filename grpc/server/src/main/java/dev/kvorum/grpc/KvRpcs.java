package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.CommandCodec;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.model.RangeMessage;
import dev.kvorum.storage.model.Result;
import dev.kvorum.verticles.service.Service;
import java.nio.ByteBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code etcdserverpb.KV}. The messages are read and written by the store's own codecs, and a
 * write's message goes on as the body of its log entry: it is the same memory from the socket to
 * the journal.
 */
final class KvRpcs {
  private final Service service;
  private final Answers answers;

  KvRpcs(Service service, Answers answers) {
    this.service = service;
    this.answers = answers;
  }

  Map<RpcMethod, RpcHandler> handlers() {
    return Map.of(
        RpcMethods.RANGE, this::range,
        RpcMethods.RANGE_STREAM, this::rangeStream,
        RpcMethods.PUT, (call, message) -> call(call, CommandCodec.decodePut(message), message),
        RpcMethods.DELETE_RANGE,
            (call, message) -> call(call, CommandCodec.decodeDeleteRange(message), message),
        RpcMethods.TXN, (call, message) -> call(call, CommandCodec.decodeTxn(message), message),
        RpcMethods.COMPACT,
            (call, message) -> call(call, CommandCodec.decodeCompact(message), message));
  }

  private void call(GrpcCall call, Command command, Bytes message) {
    service.call(command, message, call.context(), result -> answers.answer(call, result));
  }

  private void range(GrpcCall call, Bytes message) throws MalformedProto {
    service.range(CommandCodec.decodeRange(message), call.context(), new RangeReply(call, false));
  }

  private void rangeStream(GrpcCall call, Bytes message) throws MalformedProto {
    service.stream(CommandCodec.decodeRange(message), call.context(), new RangeReply(call, true));
  }

  /** Sends a range: a short one as it is, a long one as it is made. */
  private final class RangeReply implements Service.RangeSink {
    private final GrpcCall call;
    private final boolean streamed;

    /** What ends the present message, and how much comes before. */
    private Bytes tail = Bytes.EMPTY;

    private long leftBytes;
    private @Nullable Runnable whenWritable;

    RangeReply(GrpcCall call, boolean streamed) {
      this.call = call;
      this.streamed = streamed;
    }

    @Override
    public void answer(Result.Range result) {
      answers.answer(call, result);
    }

    @Override
    public void begin(RangeMessage message) {
      var frame = answers.frame(message, streamed);
      var size = frame.size(message.keyValueBytes());
      if (size > Integer.MAX_VALUE) {
        call.finish(Answers.TOO_LARGE);
        return;
      }
      call.begin((int) size);
      call.part(frame.head());
      tail = frame.tail();
      sent(message.keyValueBytes());
    }

    @Override
    public void keyValues(ByteBuffer fields, Runnable whenGone) {
      var size = fields.remaining();
      call.part(fields, whenGone);
      sent(leftBytes - size);
    }

    private void sent(long left) {
      leftBytes = left;
      if (left == 0 && !tail.isEmpty()) {
        call.part(tail);
      }
    }

    @Override
    public void end() {
      call.finish(GrpcStatus.OK);
    }

    @Override
    public void failed(Failure failure) {
      call.finish(GrpcStatus.of(failure));
    }

    @Override
    public boolean isWritable() {
      return call.isWritable();
    }

    @Override
    public void onDrain(Runnable action) {
      if (whenWritable == null) {
        // A call that ends has nobody to make the transport writable again.
        call.onClose(this::goOn);
      }
      whenWritable = action;
      call.onDrain(this::goOn);
    }

    private void goOn() {
      var action = whenWritable;
      if (action != null) {
        whenWritable = null;
        action.run();
      }
    }

    @Override
    public boolean isClosed() {
      return call.isClosed();
    }
  }
}
