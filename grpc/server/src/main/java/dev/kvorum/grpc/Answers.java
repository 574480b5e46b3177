package dev.kvorum.grpc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.ResponseCodec;
import dev.kvorum.storage.model.Result;
import dev.kvorum.verticles.service.Service;

/** Turns results into answers, response header included (contract S20). */
final class Answers {
  /** A message's length is a signed number of 32 bits to every client. */
  private static final GrpcStatus TOO_LARGE =
      new GrpcStatus(
          GrpcCode.RESOURCE_EXHAUSTED,
          "trying to send message larger than max (" + Integer.MAX_VALUE + ")");

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
    call.reply(message);
  }

  /** The fields of a header that are this member's and not the result's. */
  ResponseCodec.Origin origin() {
    var identity = service.identity();
    return new ResponseCodec.Origin(identity.clusterId(), identity.memberId(), service.raftTerm());
  }
}
