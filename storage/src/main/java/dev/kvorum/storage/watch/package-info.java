/**
 * Watches (contract S9): who watches what, which events go to whom, and how those who are behind
 * catch up. A deterministic machine; start reading at {@link dev.kvorum.storage.watch.WatchHub}.
 */
@NullMarked
package dev.kvorum.storage.watch;

import org.jspecify.annotations.NullMarked;
