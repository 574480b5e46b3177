/**
 * Watches in great numbers: who watches is a {@link dev.kvorum.loadtest.watch.Fleet}, who writes is
 * {@link dev.kvorum.loadtest.watch.Puts}, both on the one thread of a {@link
 * dev.kvorum.loadtest.wire.StreamLoop}. Each bar of the issue is a benchmark of its own.
 */
@NullMarked
package dev.kvorum.loadtest.watch;

import org.jspecify.annotations.NullMarked;
