package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.LeaseAsk;
import dev.kvorum.storage.model.LeaseCommandCodec;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.model.ProtoReader;
import dev.kvorum.storage.model.ResponseCodec;
import dev.kvorum.storage.model.Result;
import dev.kvorum.verticles.service.Service;
import java.util.ArrayDeque;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code etcdserverpb.Lease} (contract S10). */
final class LeaseRpcs {
  private final Service service;
  private final Answers answers;

  LeaseRpcs(Service service, Answers answers) {
    this.service = service;
    this.answers = answers;
  }

  Map<RpcMethod, RpcHandler> handlers() {
    return Map.of(
        RpcMethods.LEASE_GRANT, this::grant,
        RpcMethods.LEASE_REVOKE, this::revoke,
        RpcMethods.LEASE_TIME_TO_LIVE, this::timeToLive,
        RpcMethods.LEASE_LEASES, (call, message) -> ask(call, new LeaseAsk.Leases()));
  }

  Map<RpcMethod, StreamHandler> streamHandlers() {
    return Map.of(RpcMethods.LEASE_KEEP_ALIVE, KeepAlives::new);
  }

  private void grant(GrpcCall call, Bytes message) throws MalformedProto {
    var command = LeaseCommandCodec.decodeGrant(message);
    service.call(command, message, call.context(), result -> answers.answer(call, result));
  }

  private void revoke(GrpcCall call, Bytes message) throws MalformedProto {
    var command = LeaseCommandCodec.decodeRevoke(message);
    service.call(command, message, call.context(), result -> answers.answer(call, result));
  }

  private void timeToLive(GrpcCall call, Bytes message) throws MalformedProto {
    var id = 0L;
    var keys = false;
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 -> id = reader.varint();
        case 2 << 3 -> keys = reader.bool();
        default -> reader.skip(tag);
      }
    }
    ask(call, new LeaseAsk.TimeToLive(id, keys));
  }

  private void ask(GrpcCall call, LeaseAsk ask) {
    service.lease(ask, call.context(), result -> answers.answer(call, result));
  }

  /**
   * One stream of renewals: an answer for each request, in their order (contract S10.5). Questions
   * do not wait for the answers before them; an answer that is early waits here.
   *
   * <p>A client that asks faster than it is answered, or that does not read its answers, gets no
   * credit for further requests: neither of the two may queue here without a limit.
   */
  private final class KeepAlives implements StreamHandler.Incoming {
    /** Requests that may wait for their answers. */
    private static final int MAX_WAITING = 128;

    /** The place of one answer. */
    private static final class Place {
      private @Nullable Result result;
    }

    private final GrpcCall call;
    private final ArrayDeque<Place> places = new ArrayDeque<>();
    private boolean halfClosed;
    private boolean paused;

    KeepAlives(GrpcCall call) {
      this.call = call;
    }

    @Override
    public void message(Bytes message) throws MalformedProto {
      var place = new Place();
      places.addLast(place);
      service.lease(
          new LeaseAsk.KeepAlive(LeaseCommandCodec.decodeId(message)),
          call.context(),
          result -> {
            place.result = result;
            answerInOrder();
          });
      if (places.size() >= MAX_WAITING || !call.isWritable()) {
        paused = true;
        call.pauseInput();
        resumeWhenRead();
      }
    }

    /** Goes on when all was answered and the client took the answers. */
    private void resumeWhenRead() {
      if (!paused || !places.isEmpty()) {
        return;
      }
      if (call.isWritable()) {
        paused = false;
        call.resumeInput();
      } else {
        call.onDrain(this::resumeWhenRead);
      }
    }

    private void answerInOrder() {
      for (var first = places.peekFirst();
          first != null && first.result != null;
          first = places.peekFirst()) {
        var result = places.removeFirst().result;
        if (result instanceof Result.Failed(var failure)) {
          call.finish(GrpcStatus.of(failure));
        } else if (result != null) {
          call.send(ResponseCodec.encode(result, answers.origin()));
        }
      }
      resumeWhenRead();
      endWhenDone();
    }

    @Override
    public void halfClosed() {
      halfClosed = true;
      endWhenDone();
    }

    private void endWhenDone() {
      if (halfClosed && places.isEmpty()) {
        call.finish(GrpcStatus.OK);
      }
    }
  }
}
