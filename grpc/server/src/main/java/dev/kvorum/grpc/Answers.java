package dev.kvorum.grpc;

import dev.kvorum.storage.model.ResponseCodec;
import dev.kvorum.storage.model.Result;
import dev.kvorum.verticles.service.Service;

/** Turns results into answers, response header included (contract S20). */
final class Answers {
  private final Service service;

  Answers(Service service) {
    this.service = service;
  }

  /** Answers the call with the result's own message, or with its failure. */
  void answer(GrpcCall call, Result result) {
    if (result instanceof Result.Failed(var failure)) {
      call.finish(GrpcStatus.of(failure));
    } else {
      call.reply(ResponseCodec.encode(result, origin()));
    }
  }

  /** The fields of a header that are this member's and not the result's. */
  ResponseCodec.Origin origin() {
    var identity = service.identity();
    return new ResponseCodec.Origin(identity.clusterId(), identity.memberId(), service.raftTerm());
  }
}
