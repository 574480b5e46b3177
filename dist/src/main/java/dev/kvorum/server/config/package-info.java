/**
 * Turns arguments, environment and configuration file into one immutable {@link
 * dev.kvorum.server.config.ServerConfig}, by etcd's rules (the contract's table of flags).
 *
 * <p>Nothing here logs, exits or opens a socket: what should be said at start is handed out as
 * values. Start with {@link dev.kvorum.server.config.Startup}; {@link
 * dev.kvorum.server.config.FlagTable} lists every flag.
 */
@NullMarked
package dev.kvorum.server.config;

import org.jspecify.annotations.NullMarked;
