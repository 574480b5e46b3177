package dev.kvorum.loadtest.wire;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;

/**
 * A unary method of the API.
 *
 * @param name service and method, as in {@code etcdserverpb.KV/Put}
 * @param request the type of the request
 * @param parser reads the answer
 * @param <Q> the request
 * @param <A> the answer
 */
public record Method<Q extends Message, A extends Message>(
    String name, Class<Q> request, Parser<A> parser) {}
