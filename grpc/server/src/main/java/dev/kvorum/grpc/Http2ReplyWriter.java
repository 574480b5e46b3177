package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.ReadOnlyHttp2Headers;
import io.netty.util.AsciiString;

final class Http2ReplyWriter implements ReplyWriter {
  private static final AsciiString CT = AsciiString.cached("content-type");
  private static final AsciiString GRPC = AsciiString.cached("application/grpc");
  private static final AsciiString ST = AsciiString.cached("grpc-status");
  private static final AsciiString MSG = AsciiString.cached("grpc-message");
  private static final AsciiString OK200 = AsciiString.cached("200");
  private static final Http2Headers HEAD = ReadOnlyHttp2Headers.serverHeaders(false, OK200, CT, GRPC);
  private static final Http2Headers TRAILERS =
      ReadOnlyHttp2Headers.trailers(false, ST, AsciiString.cached("0"));

  private final ChannelHandlerContext context;
  private final Http2ConnectionHandler handler;
  private final Http2ConnectionEncoder encoder;
  private final int streamId;

  Http2ReplyWriter(ChannelHandlerContext context, int streamId) {
    this.context = context;
    this.handler = (Http2ConnectionHandler) context.handler();
    this.encoder = handler.encoder();
    this.streamId = streamId;
  }

  @Override
  public void reply(Bytes message) {
    encoder.writeHeaders(context, streamId, HEAD, 0, false, context.newPromise());
    encoder.writeData(context, streamId, frame(message), 0, false, context.newPromise());
    encoder.writeHeaders(context, streamId, TRAILERS, 0, true, context.newPromise());
    handler.flush(context);
  }

  private ByteBuf frame(Bytes message) {
    var buffer = context.alloc().directBuffer(MessageReader.PREFIX_SIZE + message.size());
    buffer.writeByte(0);
    buffer.writeInt(message.size());
    buffer.writeBytes(message.sharedArray(), message.offset(), message.size());
    return buffer;
  }

  @Override
  public void send(Bytes message) {
    encoder.writeData(context, streamId, frame(message), 0, false, context.newPromise());
    handler.flush(context);
  }

  @Override
  public void finish(GrpcStatus status) {
    encoder.writeHeaders(
        context,
        streamId,
        ReadOnlyHttp2Headers.serverHeaders(
            false,
            OK200,
            CT,
            GRPC,
            ST,
            AsciiString.of(Integer.toString(status.code().number())),
            MSG,
            AsciiString.of(PercentEncoding.encode(status.message()))),
        0,
        true,
        context.newPromise());
    handler.flush(context);
  }

  @Override
  public boolean isWritable() {
    return true;
  }

  @Override
  public void onDrain(Runnable action) {}
}
