/**
 * A gRPC client of a hundred lines over Vert.x's HTTP/2 client, for any server that speaks etcd's
 * API: it sends and hands back the very bytes, so that answers can be compared byte by byte. What a
 * server means by its answers is not known here. Start with {@link
 * dev.kvorum.loadtest.wire.GrpcClient}.
 */
@NullMarked
package dev.kvorum.loadtest.wire;

import org.jspecify.annotations.NullMarked;
