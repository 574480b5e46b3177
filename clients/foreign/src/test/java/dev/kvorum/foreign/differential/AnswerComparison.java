package dev.kvorum.foreign.differential;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.kvorum.foreign.Answers;
import dev.kvorum.loadtest.wire.GrpcReply;

/** Says whether two answers to one operation are equal but for what is allowed to differ. */
final class AnswerComparison {
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
      Message expected = Answers.comparable(operation.method(), reference);
      Message actual = Answers.comparable(operation.method(), tested);
      boolean equal =
          SortedAnswers.definite(operation.request(), actual)
              .toByteString()
              .equals(SortedAnswers.definite(operation.request(), expected).toByteString());
      return equal ? "" : "answer\n" + actual + "instead of\n" + expected;
    } catch (InvalidProtocolBufferException unreadable) {
      return "unreadable answer: " + unreadable.getMessage();
    }
  }

  private static String status(GrpcReply reply) {
    return reply.code() + " \"" + reply.message() + "\"";
  }
}
