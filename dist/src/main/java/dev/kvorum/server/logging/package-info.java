/**
 * Log lines in etcd's shape (contract S25.3): Logback, set up in code, with encoders of our own.
 *
 * <p>Everything that any library writes comes out here as well, so that each line of the process is
 * one JSON object. Only SLF4J's names are used elsewhere: {@code log.atInfo().addKeyValue("took",
 * duration).log("saved snapshot")}. Start with {@link dev.kvorum.server.logging.Logging}.
 */
@NullMarked
package dev.kvorum.server.logging;

import org.jspecify.annotations.NullMarked;
