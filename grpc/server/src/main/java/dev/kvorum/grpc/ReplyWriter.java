package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.watch.WatchEffect;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Writes the answer of one call: head, messages, trailers.
 *
 * <p>It gives frames to the connection's HTTP/2 encoder itself rather than to Vert.x's response. A
 * put's answer is three small frames, and the response object would copy the header fields, queue
 * each frame with a promise of its own and ask for a flush each time. Flow control is the encoder's
 * in both cases.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A frame that cannot be written: its stream is gone.
final class ReplyWriter {
  /** Up to here a message is copied behind its prefix; a larger one is sent from where it lies. */
  private static final int MAX_COPIED_BYTES = 16 * 1024;

  /** What may wait for the client's credit before the writer asks for a pause. */
  private static final int FULL_BYTES = 256 * 1024;

  private final ConnectionOutput output;
  private final int streamId;

  /** Known where events are sent. */
  private final @Nullable Http2Stream stream;

  private final ResponseFields fields;

  private boolean headWritten;

  /** Bytes of messages that the encoder holds. */
  private long waitingBytes;

  private @Nullable Runnable onDrain;

  /**
   * @param stream when many small messages are to be sent
   * @param fields the header fields of this call's answers
   */
  ReplyWriter(
      ConnectionOutput output, int streamId, @Nullable Http2Stream stream, ResponseFields fields) {
    this.output = output;
    this.streamId = streamId;
    this.stream = stream;
    this.fields = fields;
  }

  /** Writes the only message and ends the stream well. */
  void reply(Bytes message) {
    reply(message, output.context().newPromise());
  }

  /** The same; the action runs when the transport does not hold the message any more. */
  void reply(Bytes message, Runnable whenGone) {
    var promise = output.context().newPromise();
    promise.addListener(ignored -> whenGone.run());
    reply(message, promise);
  }

  private void reply(Bytes message, ChannelPromise promise) {
    if (!isOpen()) {
      promise.cancel(false);
      return;
    }
    writeMessage(message, promise);
    var context = output.context();
    output
        .encoder()
        .writeHeaders(context, streamId, ResponseFields.OK_TRAILERS, 0, true, context.newPromise());
    flush();
  }

  /** Writes one message of several. */
  void send(Bytes message) {
    send(message, Bytes.EMPTY);
  }

  /** The same for a message in two parts. */
  void send(Bytes head, Bytes tail) {
    var size = head.size() + tail.size();
    waitingBytes += size;
    var context = output.context();
    var promise = context.newPromise();
    promise.addListener(ignored -> written(size));
    writeHead();
    output.encoder().writeData(context, streamId, frame(head, tail), 0, false, promise);
    flush();
  }

  /**
   * Writes a watch response in three parts, with the others of this turn if it may leave at once.
   *
   * @return its size in bytes
   */
  int sendEvents(Bytes start, long watchId, Bytes events) {
    var to = stream;
    if (to == null || !headWritten || !output.gather(to, start, watchId, events)) {
      send(WatchEffect.Send.head(start, watchId), events);
    }
    return ConnectionOutput.size(start, watchId, events);
  }

  /** Sends what {@link #sendEvents} has left for later. */
  void flushEvents() {
    output.flushGathered();
  }

  /** Begins a message that is written in parts. */
  void begin(int messageSize) {
    writeHead();
    var context = output.context();
    var prefix = context.alloc().directBuffer(MessageReader.PREFIX_SIZE);
    output
        .encoder()
        .writeData(
            context,
            streamId,
            prefix.writeByte(0).writeInt(messageSize),
            0,
            false,
            context.newPromise());
  }

  /**
   * Writes the next part of the message from where it lies.
   *
   * @param whenGone runs once, when nobody looks at the part any more
   */
  void part(ByteBuffer part, Runnable whenGone) {
    var size = part.remaining();
    if (size == 0) {
      whenGone.run();
      return;
    }
    waitingBytes += size;
    var context = output.context();
    var promise = context.newPromise();
    promise.addListener(
        ignored -> {
          whenGone.run();
          written(size);
        });
    var buffer = Unpooled.wrappedBuffer(part);
    var to = output.handler().connection().stream(streamId);
    if (to == null || !output.writeNow(to, buffer, promise)) {
      output.encoder().writeData(context, streamId, buffer, 0, false, promise);
    }
    flush();
  }

  /** Ends the stream inside of a message; what still waits for credit is dropped. */
  void reset(GrpcCode code) {
    reset(
        switch (code) {
          // Which clients show as an exhausted resource.
          case RESOURCE_EXHAUSTED, UNKNOWN -> Http2Error.ENHANCE_YOUR_CALM;
          default -> Http2Error.CANCEL;
        });
  }

  private void writeMessage(Bytes message, ChannelPromise promise) {
    writeHead();
    output
        .encoder()
        .writeData(output.context(), streamId, frame(message, Bytes.EMPTY), 0, false, promise);
  }

  private void writeHead() {
    if (!headWritten) {
      headWritten = true;
      if (!isOpen()) {
        return;
      }
      var context = output.context();
      output
          .encoder()
          .writeHeaders(context, streamId, fields.head(), 0, false, context.newPromise());
    }
  }

  private ByteBuf frame(Bytes head, Bytes tail) {
    var size = head.size() + tail.size();
    if (size <= MAX_COPIED_BYTES) {
      var frame = output.context().alloc().directBuffer(MessageReader.PREFIX_SIZE + size);
      return frame
          .writeByte(0)
          .writeInt(size)
          .writeBytes(head.sharedArray(), head.offset(), head.size())
          .writeBytes(tail.sharedArray(), tail.offset(), tail.size());
    }
    var prefix = output.context().alloc().directBuffer(MessageReader.PREFIX_SIZE);
    return Unpooled.wrappedBuffer(
        prefix.writeByte(0).writeInt(size),
        Unpooled.wrappedBuffer(head.sharedArray(), head.offset(), head.size()),
        Unpooled.wrappedBuffer(tail.sharedArray(), tail.offset(), tail.size()));
  }

  /**
   * Ends the stream; in one frame with the head when nothing was sent before.
   *
   * @param stopRequest whether the client still sends and is to be told that nobody listens
   */
  void finish(GrpcStatus status, boolean stopRequest) {
    end(
        headWritten ? ResponseFields.trailers(status) : fields.headAndTrailers(status),
        stopRequest);
  }

  /** Ends the stream of a request that is no call. */
  void refuse(RequestHead.Refused refused) {
    end(fields.refusal(refused), true);
  }

  private void end(Http2Headers last, boolean stopRequest) {
    headWritten = true;
    if (!isOpen()) {
      return;
    }
    var promise = output.context().newPromise();
    if (stopRequest) {
      // Not before the trailers are out: a reset drops what still waits for credit.
      promise.addListener(ignored -> reset(Http2Error.NO_ERROR));
    }
    output.encoder().writeHeaders(output.context(), streamId, last, 0, true, promise);
    flush();
  }

  /**
   * Whether the stream takes what is written. Header fields for one that is closed are a fault of
   * the whole connection to the encoder; and while a stream closes, the encoder drops what waits,
   * whoever waited for that goes on writing, and only then the call hears that it is over.
   */
  private boolean isOpen() {
    var at = output.handler().connection().stream(streamId);
    return at != null && at.state().localSideOpen();
  }

  private void reset(Http2Error error) {
    if (output.handler().connection().stream(streamId) == null) {
      // The client was done in the meantime.
      return;
    }
    var context = output.context();
    output.encoder().writeRstStream(context, streamId, error.code(), context.newPromise());
    flush();
  }

  private void flush() {
    output.flush();
  }

  boolean isWritable() {
    return waitingBytes < FULL_BYTES;
  }

  /** Runs the action once {@link #isWritable()} turns true; a later action replaces it. */
  void onDrain(Runnable action) {
    onDrain = action;
  }

  private void written(int size) {
    waitingBytes -= size;
    var action = onDrain;
    if (action != null && isWritable() && isOpen()) {
      onDrain = null;
      action.run();
    }
  }
}
