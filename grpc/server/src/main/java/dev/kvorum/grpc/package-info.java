/**
 * etcd's API over gRPC: a guard that no input gets past unanswered, one table of methods, and the
 * translation between messages and {@link dev.kvorum.verticles.service.Service}. Nothing here
 * outlives a connection. Start at {@link dev.kvorum.grpc.GrpcEdge}.
 */
@NullMarked
package dev.kvorum.grpc;

import org.jspecify.annotations.NullMarked;
