package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.ssl.SslHandler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.internal.buffer.BufferInternal;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The few places where this module looks below Vert.x's public API. Nobody else here may: after a
 * change of Vert.x this file and its test are what to look at.
 */
final class VertxInternals {
  /** So many flushes may be put off before one is forced. */
  private static final int MAX_DEFERRED_FLUSHES = 256;

  /**
   * What a channel holds before it calls itself full: the events of one turn for very many streams
   * of one connection are one write.
   */
  private static final int HIGH_WATER_BYTES = 512 * 1024;

  private static final int LOW_WATER_BYTES = 256 * 1024;

  private VertxInternals() {}

  /**
   * The bytes of an inbound buffer, not copied. Vert.x copies what the network read to a fresh heap
   * array a frame and forgets it, so the array is ours; any other kind of buffer is copied.
   */
  static Bytes alias(Buffer buffer) {
    if (buffer instanceof BufferInternal internal) {
      var netty = internal.getByteBuf();
      if (netty.hasArray()) {
        return Bytes.wrap(
            netty.array(), netty.arrayOffset() + netty.readerIndex(), netty.readableBytes());
      }
    }
    return Bytes.wrap(buffer.getBytes());
  }

  /**
   * Makes the connection flush once a loop turn instead of once an answer. Answers come from the
   * log and never inside of a socket read, where Vert.x would gather them by itself.
   *
   * <p>Under TLS the handler stands above the encryption, so that answers share records too.
   */
  static void consolidateFlushes(HttpConnection connection) {
    var pipeline = pipeline(connection);
    if (pipeline.get(FlushConsolidationHandler.class) != null) {
      return;
    }
    var consolidation = new FlushConsolidationHandler(MAX_DEFERRED_FLUSHES, true);
    var tls = pipeline.context(SslHandler.class);
    if (tls == null) {
      pipeline.addFirst("flush-consolidation", consolidation);
    } else {
      pipeline.addAfter(tls.name(), "flush-consolidation", consolidation);
    }
  }

  /** Puts a listener of ours below Vert.x's, for calls that last. */
  static StreamFrames readStreams(
      HttpConnection connection,
      ChannelHandlerContext http2,
      Predicate<String> isOurs,
      StreamFrames.Opening opening) {
    var decoder = ((Http2ConnectionHandler) http2.handler()).decoder();
    var listener = decoder.frameListener();
    if (listener instanceof StreamFrames there) {
      return there;
    }
    var loop = ((ConnectionBase) connection).context();
    var frames =
        new StreamFrames(listener, http2, isOurs, opening, action -> loop.dispatch(action));
    decoder.frameListener(frames);
    new FarewellHandler(http2, frames).install();
    http2
        .channel()
        .config()
        .setWriteBufferWaterMark(new WriteBufferWaterMark(LOW_WATER_BYTES, HIGH_WATER_BYTES));
    return frames;
  }

  /** The context of the connection's HTTP/2 handler, or null when it speaks HTTP/1. */
  static @Nullable ChannelHandlerContext http2(HttpConnection connection) {
    var context = context(connection);
    return context.handler() instanceof Http2ConnectionHandler ? context : null;
  }

  static ChannelPipeline pipeline(HttpConnection connection) {
    return context(connection).pipeline();
  }

  private static ChannelHandlerContext context(HttpConnection connection) {
    return ((ConnectionBase) connection).channelHandlerContext();
  }
}
