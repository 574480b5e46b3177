package dev.kvorum.foreign.differential;

import dev.kvorum.loadtest.wire.GrpcReply;
import io.vertx.core.Future;

/**
 * Something that answers operations one after the other: a server, or a server with a planted bug.
 */
interface Answerer {
  Future<GrpcReply> answer(Operation operation);
}
