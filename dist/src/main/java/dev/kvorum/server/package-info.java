/**
 * The server as a program: reads its configuration, wires the verticles together, logs, and ends by
 * signals the way etcd does.
 *
 * <p>Rules of the store or of Raft must not live here. Start with {@link dev.kvorum.server.Main}.
 */
@NullMarked
package dev.kvorum.server;

import org.jspecify.annotations.NullMarked;
