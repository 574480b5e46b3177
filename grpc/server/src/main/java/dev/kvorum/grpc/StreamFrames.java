package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.ArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Takes the frames of calls that last (watches, renewals of leases) from under Vert.x. A stream of
 * Vert.x has two queues of some kibibytes and a request and a response object; a client may hold
 * hundred thousands of streams, each of them idle nearly always. Everything else on the connection
 * goes to Vert.x as before.
 */
final class StreamFrames extends Http2FrameListenerDecorator {
  /** Begins a call. */
  @FunctionalInterface
  interface Opening {
    /** The call whose frames come next, or null to leave the stream to Vert.x. */
    @Nullable HttpGrpcCall open(Http2Stream stream, Http2Headers fields, HttpGrpcCall.Input input);
  }

  private final ChannelHandlerContext context;
  private final Http2ConnectionHandler handler;
  private final Http2Connection connection;
  private final Http2Connection.PropertyKey key;
  private final Predicate<String> isOurs;
  private final Opening opening;
  private final Consumer<Runnable> dispatcher;

  /** Streams that are open here. */
  private int open;

  /**
   * @param listener gets what is not ours
   * @param isOurs whether calls of this path are
   * @param dispatcher runs an action on this loop as Vert.x runs its own
   */
  StreamFrames(
      Http2FrameListener listener,
      ChannelHandlerContext context,
      Predicate<String> isOurs,
      Opening opening,
      Consumer<Runnable> dispatcher) {
    super(listener);
    this.context = context;
    this.handler = (Http2ConnectionHandler) context.handler();
    this.connection = handler.connection();
    this.key = connection.newKey();
    this.isOurs = isOurs;
    this.opening = opening;
    this.dispatcher = dispatcher;
    connection.addListener(
        new Http2ConnectionAdapter() {
          @Override
          public void onStreamClosed(Http2Stream stream) {
            closed(stream);
          }
        });
  }

  /** Whether no call of the connection is here. */
  boolean isEmpty() {
    return open == 0;
  }

  /** Ends all calls that are here, each with the status. */
  void endAll(GrpcStatus status) {
    var lines = new ArrayList<Line>(open);
    try {
      connection.forEachActiveStream(
          stream -> {
            Line line = stream.getProperty(key);
            if (line != null) {
              lines.add(line);
            }
            return true;
          });
    } catch (Http2Exception impossible) {
      throw new IllegalStateException("looking at streams does not fail", impossible);
    }
    for (var line : lines) {
      var call = line.call;
      if (call != null) {
        dispatcher.accept(() -> call.finish(status));
      }
    }
  }

  private @Nullable Line line(int streamId) {
    var stream = connection.stream(streamId);
    return stream == null ? null : stream.getProperty(key);
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx,
      int streamId,
      Http2Headers fields,
      int padding,
      boolean endOfStream)
      throws Http2Exception {
    if (!take(streamId, fields, endOfStream)) {
      super.onHeadersRead(ctx, streamId, fields, padding, endOfStream);
    }
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx,
      int streamId,
      Http2Headers fields,
      int streamDependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean endOfStream)
      throws Http2Exception {
    if (!take(streamId, fields, endOfStream)) {
      super.onHeadersRead(
          ctx, streamId, fields, streamDependency, weight, exclusive, padding, endOfStream);
    }
  }

  private boolean take(int streamId, Http2Headers fields, boolean endOfStream) {
    var known = line(streamId);
    if (known != null) {
      // Trailers, in which a client has nothing to say.
      if (endOfStream) {
        dispatcher.accept(known::end);
      }
      return true;
    }
    var stream = connection.stream(streamId);
    if (stream == null || !isComplete(fields) || !isOurs.test(fields.path().toString())) {
      return false;
    }
    var line = new Line(stream);
    stream.setProperty(key, line);
    dispatcher.accept(() -> line.call = opening.open(stream, fields, line));
    if (line.call == null) {
      stream.removeProperty(key);
      return false;
    }
    open++;
    if (endOfStream) {
      dispatcher.accept(line::end);
    }
    return true;
  }

  /** Whether Vert.x would find nothing wrong with the request; what it refuses it shall refuse. */
  private static boolean isComplete(Http2Headers fields) {
    var authority = fields.authority();
    return fields.path() != null
        && fields.scheme() != null
        && authority != null
        && authority.toString().indexOf('@') < 0
        && !fields.contains("host");
  }

  @Override
  public int onDataRead(
      ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endOfStream)
      throws Http2Exception {
    var line = line(streamId);
    if (line == null) {
      return super.onDataRead(ctx, streamId, data, padding, endOfStream);
    }
    var size = data.readableBytes();
    var bytes = new byte[size];
    data.readBytes(bytes);
    var credit = line.isPaused() ? 0 : size;
    dispatcher.accept(() -> line.received(Bytes.wrap(bytes)));
    if (endOfStream) {
      dispatcher.accept(line::end);
    }
    return padding + credit;
  }

  private void closed(Http2Stream stream) {
    Line line = stream.getProperty(key);
    if (line != null) {
      open--;
      stream.removeProperty(key);
      var call = line.call;
      if (call != null) {
        dispatcher.accept(call::transportFailed);
      }
    }
  }

  /** One call's frames. */
  private final class Line implements HttpGrpcCall.Input {
    private final Http2Stream stream;
    private @Nullable HttpGrpcCall call;

    /** What came while the call was paused, without credit for more; null while it is not. */
    private @Nullable HeldInput held;

    /** The client is done, behind what is held. */
    private boolean ended;

    Line(Http2Stream stream) {
      this.stream = stream;
    }

    boolean isPaused() {
      return held != null;
    }

    void received(Bytes chunk) {
      if (held != null) {
        held.add(chunk);
      } else if (call != null) {
        call.received(chunk);
      }
    }

    void end() {
      ended = true;
      if (held == null && call != null) {
        call.endOfRequest();
      }
    }

    @Override
    public void pause() {
      if (held == null) {
        held = new HeldInput();
      }
    }

    @Override
    public void resume() {
      var waiting = held;
      if (waiting == null) {
        return;
      }
      held = null;
      for (var chunk = waiting.poll(); chunk != null; chunk = waiting.poll()) {
        giveCredit(chunk.size());
        received(chunk);
        if (held != null) {
          // Paused again.
          held = waiting;
          return;
        }
      }
      if (ended && call != null) {
        call.endOfRequest();
      }
    }

    private void giveCredit(int bytes) {
      try {
        if (handler.decoder().flowController().consumeBytes(stream, bytes)) {
          handler.flush(context);
        }
      } catch (Http2Exception fault) {
        handler.onError(context, true, fault);
      }
    }
  }
}
