package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.CommandCodec;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.model.ResponseCodec;
import dev.kvorum.storage.model.Result;
import dev.kvorum.verticles.service.Service;
import java.util.Map;

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
        RpcMethods.RANGE, (call, message) -> call(call, CommandCodec.decodeRange(message), message),
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

  private void rangeStream(GrpcCall call, Bytes message) throws MalformedProto {
    service.stream(CommandCodec.decodeRange(message), call.context(), new Chunks(call));
  }

  /** Sends the chunks of a streamed range (contract S3.4). */
  private final class Chunks implements Service.RangeSink {
    private final GrpcCall call;

    Chunks(GrpcCall call) {
      this.call = call;
    }

    @Override
    public void chunk(Result.Range chunk, boolean last) {
      var message = ResponseCodec.encodeChunk(chunk, last, answers.origin());
      if (last) {
        call.reply(message);
      } else {
        call.send(message);
      }
    }

    @Override
    public void failed(Result.Failed failure) {
      call.finish(GrpcStatus.of(failure.failure()));
    }

    @Override
    public boolean isWritable() {
      return call.isWritable();
    }

    @Override
    public void onDrain(Runnable action) {
      call.onDrain(action);
    }

    @Override
    public boolean isClosed() {
      return call.isClosed();
    }
  }
}
