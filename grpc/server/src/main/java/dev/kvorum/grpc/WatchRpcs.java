package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.watch.WatchRequest;
import dev.kvorum.verticles.service.Service;

/** {@code etcdserverpb.Watch} (contract S9). */
final class WatchRpcs {
  private static final StreamHandler.Incoming NOBODY =
      new StreamHandler.Incoming() {
        @Override
        public void message(Bytes message) {}

        @Override
        public void halfClosed() {}
      };

  private final Service service;

  WatchRpcs(Service service) {
    this.service = service;
  }

  StreamHandler.Incoming open(GrpcCall call) {
    return switch (service.watch(call.context(), new Sink(call))) {
      case Service.WatchStream stream -> {
        call.onClose(stream::close);
        yield new Requests(stream);
      }
      case Service.WatchRefused refused -> {
        call.finish(GrpcStatus.of(refused.failure()));
        yield NOBODY;
      }
    };
  }

  private record Requests(Service.WatchStream stream) implements StreamHandler.Incoming {
    @Override
    public void message(Bytes message) throws MalformedProto {
      stream.request(WatchRequest.decode(message));
    }

    /** Whoever has no more requests still wants the events (contract S9.16). */
    @Override
    public void halfClosed() {}
  }

  private record Sink(GrpcCall call) implements Service.WatchSink {
    @Override
    public void send(Bytes start, long watchId, Bytes events) {
      call.sendEvents(start, watchId, events);
    }

    @Override
    public void flush() {
      call.flushEvents();
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
    public void pauseRequests() {
      call.pauseInput();
    }

    @Override
    public void resumeRequests() {
      call.resumeInput();
    }
  }
}
