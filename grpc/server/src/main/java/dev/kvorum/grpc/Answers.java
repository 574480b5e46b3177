package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.RangeMessage;
import dev.kvorum.storage.model.ResponseCodec;
import dev.kvorum.storage.model.ResponseCodec.RangeFrame;
import dev.kvorum.storage.model.Result;
import dev.kvorum.verticles.service.Ledger.Account;
import dev.kvorum.verticles.service.Service;

/** Turns results into answers, response header included (contract S20). */
final class Answers {
  /** A message's length is a signed number of 32 bits to every client. */
  static final GrpcStatus TOO_LARGE =
      new GrpcStatus(
          GrpcCode.RESOURCE_EXHAUSTED,
          "trying to send message larger than max (" + Integer.MAX_VALUE + ")");

  private static final GrpcStatus NO_ROOM = GrpcStatus.of(Failure.TOO_MANY_REQUESTS);

  private final Service service;

  Answers(Service service) {
    this.service = service;
  }

  /** Answers the call with the result's own message, or with its failure. */
  void answer(GrpcCall call, Result result) {
    if (result instanceof Result.Failed(var failure)) {
      call.finish(GrpcStatus.of(failure));
      return;
    }
    final Bytes message;
    try {
      message = ResponseCodec.encode(result, origin());
    } catch (ArithmeticException tooLarge) {
      call.finish(TOO_LARGE);
      return;
    }
    if (result instanceof Result.Range
        && message.size() > HttpGrpcCall.UNCOUNTED_BYTES
        && service.ledger().isOver(Account.ANSWERS)) {
      // Others' answers are in the way. What only reads can be asked for again.
      call.finish(NO_ROOM);
      return;
    }
    call.reply(message);
  }

  /** What stands around the key-values of a message that is made in pieces. */
  RangeFrame frame(RangeMessage message, boolean streamed) {
    var unary =
        ResponseCodec.frame(message.headerRevision(), message.more(), message.count(), origin());
    return streamed
        ? ResponseCodec.chunkFrame(message.isLast() ? unary : null, message.keyValueBytes())
        : unary;
  }

  /** The fields of a header that are this member's and not the result's. */
  ResponseCodec.Origin origin() {
    var identity = service.identity();
    return new ResponseCodec.Origin(identity.clusterId(), identity.memberId(), service.raftTerm());
  }
}
