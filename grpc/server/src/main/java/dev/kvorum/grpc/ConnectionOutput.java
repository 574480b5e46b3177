package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.netty.handler.codec.http2.Http2Stream;
import org.jspecify.annotations.Nullable;

/**
 * What all writers of one connection share: its encoder, and a buffer in which the small messages
 * of one turn to many streams, or a part of a large one, become frames one after the other, to be
 * written at once.
 *
 * <p>The encoder makes four objects a frame, puts it into its stream's queue and takes it out
 * again. A frame that may leave at once, because nothing waits before it and there is credit and
 * room for it, needs none of that; the credit is taken from the encoder's flow control, which goes
 * on to count. Every other frame goes through the encoder.
 */
@SuppressWarnings("FutureReturnValueIgnored") // What cannot be written: the connection is gone.
final class ConnectionOutput {
  private static final int FRAME_HEAD_BYTES = 9;

  /** The largest frame that every peer takes. */
  private static final int MAX_FRAME_BYTES = 16 * 1024;

  private static final int FIRST_BUFFER_BYTES = 16 * 1024;

  /** Where a buffer is full and the next one begins. */
  private static final int FULL_BUFFER_BYTES = 128 * 1024;

  /** The field of the watcher's id in a watch response, as a varint. */
  private static final int WATCH_ID_TAG = 2 << 3;

  private static final int NO_FLAGS = 0;

  private final ChannelHandlerContext context;
  private final Http2ConnectionHandler handler;
  private final Http2ConnectionEncoder encoder;

  /** Frames that are not written yet. */
  private @Nullable ByteBuf gathered;

  /**
   * @param context of the connection's HTTP/2 handler
   */
  ConnectionOutput(ChannelHandlerContext context) {
    this.context = context;
    handler = (Http2ConnectionHandler) context.handler();
    encoder = handler.encoder();
  }

  ChannelHandlerContext context() {
    return context;
  }

  Http2ConnectionHandler handler() {
    return handler;
  }

  /** The encoder, for frames that come after all that was gathered. */
  Http2ConnectionEncoder encoder() {
    write();
    return encoder;
  }

  /** The size of a message of these three parts. */
  static int size(Bytes start, long watchId, Bytes events) {
    return start.size() + idSize(watchId) + events.size();
  }

  private static int idSize(long watchId) {
    return watchId == 0 ? 0 : 1 + varintSize(watchId);
  }

  private static int varintSize(long value) {
    return (70 - Long.numberOfLeadingZeros(value | 1)) / 7;
  }

  /**
   * Makes a frame of the message if it may leave at once.
   *
   * @return false when it may not; nothing happened then
   */
  boolean gather(Http2Stream stream, Bytes start, long watchId, Bytes events) {
    var size = size(start, watchId, events);
    var payload = MessageReader.PREFIX_SIZE + size;
    if (payload > MAX_FRAME_BYTES || !mayLeave(stream, payload)) {
      return false;
    }
    var to = gathered;
    if (to == null) {
      to = context.alloc().directBuffer(FIRST_BUFFER_BYTES);
      gathered = to;
    }
    to.ensureWritable(FRAME_HEAD_BYTES + payload);
    frameHead(to, payload, stream)
        .writeByte(0)
        .writeInt(size)
        .writeBytes(start.sharedArray(), start.offset(), start.size());
    if (watchId != 0) {
      to.writeByte(WATCH_ID_TAG);
      for (var rest = watchId; ; rest >>>= 7) {
        if ((rest & ~0x7fL) == 0) {
          to.writeByte((int) rest);
          break;
        }
        to.writeByte((int) ((rest & 0x7f) | 0x80));
      }
    }
    to.writeBytes(events.sharedArray(), events.offset(), events.size());
    if (to.readableBytes() >= FULL_BUFFER_BYTES) {
      write();
    }
    return true;
  }

  /**
   * Writes the bytes as frames from where they lie if all of them may leave at once.
   *
   * @param bytes given up by the caller if they may
   * @return false when they may not; nothing happened then
   */
  boolean writeNow(Http2Stream stream, ByteBuf bytes, ChannelPromise promise) {
    var size = bytes.readableBytes();
    if (!mayLeave(stream, size)) {
      return false;
    }
    write();
    var count = Math.ceilDiv(size, MAX_FRAME_BYTES);
    var heads = context.alloc().directBuffer(count * FRAME_HEAD_BYTES);
    var frames = context.alloc().compositeDirectBuffer(2 * count);
    for (var left = size; left > 0; ) {
      var payload = Math.min(MAX_FRAME_BYTES, left);
      frameHead(heads, payload, stream);
      frames
          .addComponent(true, heads.readRetainedSlice(FRAME_HEAD_BYTES))
          .addComponent(true, bytes.readRetainedSlice(payload));
      left -= payload;
    }
    heads.release();
    bytes.release();
    context.write(frames, promise);
    return true;
  }

  private static ByteBuf frameHead(ByteBuf to, int payload, Http2Stream stream) {
    return to.writeMedium(payload)
        .writeByte(Http2FrameTypes.DATA)
        .writeByte(NO_FLAGS)
        .writeInt(stream.id());
  }

  /** Whether nothing keeps the bytes from leaving; then their credit is taken. */
  private boolean mayLeave(Http2Stream stream, int bytes) {
    var flow = encoder.flowController();
    var connection = handler.connection().connectionStream();
    var waiting = gathered == null ? 0 : gathered.readableBytes();
    if (stream.state() == Http2Stream.State.CLOSED
        || flow.hasFlowControlled(stream)
        || flow.windowSize(stream) < bytes
        || flow.windowSize(connection) < bytes
        || context.channel().bytesBeforeUnwritable() < waiting + bytes) {
      return false;
    }
    try {
      flow.incrementWindowSize(stream, -bytes);
      flow.incrementWindowSize(connection, -bytes);
      return true;
    } catch (Http2Exception impossible) {
      // Only an increment can be too large.
      throw new IllegalStateException(impossible);
    }
  }

  /** Gives the gathered frames to the socket, with whatever else waits for it. */
  void flush() {
    write();
    handler.flush(context);
  }

  /** Sends what was gathered, if anything was. */
  void flushGathered() {
    if (gathered != null) {
      flush();
    }
  }

  private void write() {
    var frames = gathered;
    if (frames != null) {
      gathered = null;
      context.write(frames, context.newPromise());
    }
  }
}
