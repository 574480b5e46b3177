/**
 * The multi-version key-value machine: what revisions exist, which keys live at which of them, and
 * what a command changes (contract S1 to S7, S17.3 and S18).
 *
 * <p>One thread owns an {@link dev.kvorum.storage.mvcc.MvccStore} and applies committed commands in
 * log order; any thread reads through an immutable {@link dev.kvorum.storage.mvcc.StoreView}.
 * Neither does I/O: record contents live elsewhere, so both first say which records they need and
 * then run with those at hand ({@link dev.kvorum.storage.mvcc.Records}). No clock, thread, file,
 * logger or random source lives here. Start with {@code MvccStore}, then {@code StoreView} and
 * {@link dev.kvorum.storage.index.KeyIndex}.
 */
@NullMarked
package dev.kvorum.storage.mvcc;

import org.jspecify.annotations.NullMarked;
