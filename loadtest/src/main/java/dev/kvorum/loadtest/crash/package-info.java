/**
 * What a server must have kept after it was killed: a writer that remembers every acknowledgement,
 * and a verifier that reads everything back. Start with {@link
 * dev.kvorum.loadtest.crash.CrashWriter}.
 */
@NullMarked
package dev.kvorum.loadtest.crash;

import org.jspecify.annotations.NullMarked;
