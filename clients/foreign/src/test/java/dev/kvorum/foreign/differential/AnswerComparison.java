package dev.kvorum.foreign.differential;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.kvorum.api.etcdserverpb.LeaseTimeToLiveResponse;
import dev.kvorum.foreign.Answers;
import dev.kvorum.loadtest.wire.GrpcReply;

/** Says whether two answers to one operation are equal but for what is allowed to differ. */
final class AnswerComparison {
  private static final long TTL_TOLERANCE_SECONDS = 15;

  private AnswerComparison() {}

  /** What differs, or an empty text. */
  static String difference(Operation operation, GrpcReply reference, GrpcReply tested) {
    if (reference.code() != tested.code() || !reference.message().equals(tested.message())) {
      return KnownDifferences.otherErrorOfTheSameTxn(operation, reference, tested)
              || KnownDifferences.otherErrorOfTheSamePut(operation, reference, tested)
          ? ""
          : "status " + status(tested) + " instead of " + status(reference);
    }
    if (!reference.succeeded()) {
      return "";
    }
    try {
      Message expected = comparable(operation, reference);
      Message actual = withTimeOf(expected, comparable(operation, tested));
      boolean equal =
          SortedAnswers.definite(operation.request(), actual)
              .toByteString()
              .equals(SortedAnswers.definite(operation.request(), expected).toByteString());
      return equal ? "" : "answer\n" + actual + "instead of\n" + expected;
    } catch (InvalidProtocolBufferException unreadable) {
      return "unreadable answer: " + unreadable.getMessage();
    }
  }

  private static Message comparable(Operation operation, GrpcReply reply)
      throws InvalidProtocolBufferException {
    return KnownDifferences.withoutLeasesOfKeysAlone(
        operation.request(), Answers.comparable(operation.method(), reply));
  }

  /** Both servers granted the lease at their own moment, and were asked at their own. */
  private static Message withTimeOf(Message expected, Message actual) {
    return expected instanceof LeaseTimeToLiveResponse left
            && actual instanceof LeaseTimeToLiveResponse right
            && left.getTTL() > 0
            && Math.abs(left.getTTL() - right.getTTL()) <= TTL_TOLERANCE_SECONDS
        ? right.toBuilder().setTTL(left.getTTL()).build()
        : actual;
  }

  private static String status(GrpcReply reply) {
    return reply.code() + " \"" + reply.message() + "\"";
  }
}
