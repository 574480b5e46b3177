package dev.kvorum.foreign.differential;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.RangeResponse;
import dev.kvorum.foreign.Node;
import dev.kvorum.loadtest.wire.GrpcReply;
import io.vertx.core.Future;
import java.util.List;

/** Answerers: real servers, and servers with a planted bug to show that a run finds it. */
final class Servers {
  private Servers() {}

  static Answerer kvorum(Node node) {
    return operation -> node.client().call(operation.method(), operation.request().toByteString());
  }

  static Answerer etcd(Node node) {
    return operation ->
        kvorum(node)
            .answer(operation)
            .map(reply -> KnownDifferences.withHashRevision(operation, reply));
  }

  /** Counts one key too many in the first successful range from operation {@code from} on. */
  static final class WrongCount implements Answerer {
    private final Answerer server;
    private final int from;
    private int number;
    private int alteredNumber;

    WrongCount(Answerer server, int from) {
      this.server = server;
      this.from = from;
    }

    @Override
    public Future<GrpcReply> answer(Operation operation) {
      number++;
      if (alteredNumber > 0 || number < from || !operation.method().equals(Operation.RANGE)) {
        return server.answer(operation);
      }
      return server.answer(operation).map(reply -> reply.succeeded() ? altered(reply) : reply);
    }

    /** The number of the operation whose answer is wrong, 0 before there is one. */
    int alteredNumber() {
      return alteredNumber;
    }

    private GrpcReply altered(GrpcReply reply) {
      try {
        alteredNumber = number;
        RangeResponse range = RangeResponse.parseFrom(reply.messages().getFirst());
        return new GrpcReply(
            List.of(range.toBuilder().setCount(range.getCount() + 1).build().toByteString()),
            0,
            "");
      } catch (InvalidProtocolBufferException unreadable) {
        throw new AssertionError(unreadable);
      }
    }
  }

  /** Stores another value in the first put from operation {@code from} on. */
  static final class WrongValue implements Answerer {
    private final Answerer server;
    private final int from;
    private int number;
    private boolean done;

    WrongValue(Answerer server, int from) {
      this.server = server;
      this.from = from;
    }

    @Override
    public Future<GrpcReply> answer(Operation operation) {
      number++;
      if (done
          || number < from
          || !(operation.request() instanceof PutRequest put)
          || put.getValue().isEmpty()) {
        return server.answer(operation);
      }
      return server
          .answer(
              new Operation(
                  operation.method(),
                  put.toBuilder().setValue(ByteString.copyFromUtf8("wrong")).build()))
          .onSuccess(reply -> done |= reply.succeeded());
    }
  }
}
