package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;

final class VertxReplyWriter implements ReplyWriter {
  private final HttpServerResponse response;

  VertxReplyWriter(HttpServerResponse response) {
    this.response = response;
  }

  @Override
  public void reply(Bytes message) {
    response.putHeader("content-type", "application/grpc");
    response.putTrailer("grpc-status", "0");
    response.writeHead();
    response.end(frame(message));
  }

  private static Buffer frame(Bytes message) {
    return Buffer.buffer(MessageReader.PREFIX_SIZE + message.size())
        .appendByte((byte) 0)
        .appendInt(message.size())
        .appendBytes(message.sharedArray(), message.offset(), message.size());
  }

  @Override
  public void send(Bytes message) {
    if (!response.headWritten()) {
      response.putHeader("content-type", "application/grpc");
    }
    response.write(frame(message));
  }

  @Override
  public void finish(GrpcStatus status) {
    if (response.headWritten()) {
      response.putTrailer("grpc-status", Integer.toString(status.code().number()));
      if (!status.message().isEmpty()) {
        response.putTrailer("grpc-message", PercentEncoding.encode(status.message()));
      }
    } else {
      response.putHeader("content-type", "application/grpc");
      response.putHeader("grpc-status", Integer.toString(status.code().number()));
      response.putHeader("grpc-message", PercentEncoding.encode(status.message()));
    }
    response.end();
  }

  @Override
  public boolean isWritable() {
    return !response.writeQueueFull();
  }

  @Override
  public void onDrain(Runnable action) {
    response.drainHandler(ignored -> action.run());
  }
}
