/**
 * Numbers, durations and quoted text as Go writes and reads them.
 *
 * <p>etcd's flags, error texts and log fields are in Go's notation; users have them in scripts, so
 * they are part of the contract.
 */
@NullMarked
package dev.kvorum.server.notation;

import org.jspecify.annotations.NullMarked;
