package dev.kvorum.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2LifecycleManager;
import io.netty.handler.codec.http2.Http2Stream;
import org.jspecify.annotations.Nullable;

/**
 * Says GOAWAY before an HTTP/2 connection is closed on which something was wrong.
 *
 * <p>Vert.x means to. But before it does so it tells every stream of the connection, and it knows
 * nothing of those that {@link StreamFrames} keeps from it: it meets a null, throws, and the
 * connection is closed without a word, or stays open with a call that nobody ends. So faults of the
 * connection are kept from it while such streams are open:
 *
 * <ul>
 *   <li>Those of what is sent are reported to a {@link Http2LifecycleManager}, which can be
 *       replaced by one that says the farewell itself, with the fault's own code.
 *   <li>Those of what is received go to Vert.x without a detour. They end in a close of the
 *       channel, which passes here; by then nobody knows the fault's code any more.
 * </ul>
 */
final class FarewellHandler extends ChannelOutboundHandlerAdapter {
  private final ChannelHandlerContext http2;
  private final Http2ConnectionHandler handler;
  private final StreamFrames streams;

  /**
   * @param http2 of the connection's HTTP/2 handler, in front of which this one belongs
   */
  FarewellHandler(ChannelHandlerContext http2, StreamFrames streams) {
    this.http2 = http2;
    this.handler = (Http2ConnectionHandler) http2.handler();
    this.streams = streams;
  }

  /** Takes its place in the pipeline, and that of whoever hears of faults in what is sent. */
  void install() {
    http2.pipeline().addBefore(http2.name(), "farewell", this);
    handler.encoder().lifecycleManager(new Faults());
  }

  @Override
  public void close(ChannelHandlerContext context, ChannelPromise promise) {
    if (context.channel().isActive() && !handler.connection().goAwaySent()) {
      // The client broke the protocol, or nothing would have been thrown.
      var _ = sayGoAway(Http2Error.PROTOCOL_ERROR, Unpooled.EMPTY_BUFFER);
    }
    var _ = context.close(promise);
  }

  /** The client's library tells its calls, so that they are tried again elsewhere. */
  private ChannelFuture sayGoAway(Http2Error error, ByteBuf text) {
    var said =
        handler.goAway(
            http2,
            handler.connection().remote().lastStreamCreated(),
            error.code(),
            text,
            http2.newPromise());
    handler.flush(http2);
    return said;
  }

  /** Hears of what goes wrong with sending; the rest is the HTTP/2 handler's as before. */
  private final class Faults implements Http2LifecycleManager {
    @Override
    public void onError(ChannelHandlerContext context, boolean outbound, Throwable cause) {
      var fault = embedded(cause);
      if (streams.isEmpty() || isOfStreams(fault)) {
        handler.onError(context, outbound, cause);
        return;
      }
      var error = fault == null ? Http2Error.INTERNAL_ERROR : fault.error();
      var text = ByteBufUtil.writeUtf8(context.alloc(), String.valueOf(cause.getMessage()));
      var _ = sayGoAway(error, text).addListener(ChannelFutureListener.CLOSE);
    }

    private static boolean isOfStreams(@Nullable Http2Exception fault) {
      return fault instanceof Http2Exception.StreamException
          || fault instanceof Http2Exception.CompositeStreamException;
    }

    private static @Nullable Http2Exception embedded(Throwable cause) {
      for (var each = cause; each != null; each = each.getCause()) {
        if (each instanceof Http2Exception http2) {
          return http2;
        }
      }
      return null;
    }

    @Override
    public void closeStreamLocal(Http2Stream stream, ChannelFuture future) {
      handler.closeStreamLocal(stream, future);
    }

    @Override
    public void closeStreamRemote(Http2Stream stream, ChannelFuture future) {
      handler.closeStreamRemote(stream, future);
    }

    @Override
    public void closeStream(Http2Stream stream, ChannelFuture future) {
      handler.closeStream(stream, future);
    }

    @Override
    public ChannelFuture resetStream(
        ChannelHandlerContext context, int streamId, long errorCode, ChannelPromise promise) {
      return handler.resetStream(context, streamId, errorCode, promise);
    }

    @Override
    public ChannelFuture goAway(
        ChannelHandlerContext context,
        int lastStreamId,
        long errorCode,
        ByteBuf debugData,
        ChannelPromise promise) {
      return handler.goAway(context, lastStreamId, errorCode, debugData, promise);
    }
  }
}
