/**
 * The key index: which keys live at which revision, in packed pages outside of the heap. Nothing
 * here knows what a command is, and no clock, thread, file, logger or random source lives here.
 * Start with {@link dev.kvorum.storage.index.KeyIndex}, then {@code Page} and {@code KeyHistory}
 * for what is in memory.
 */
@NullMarked
package dev.kvorum.storage.index;

import org.jspecify.annotations.NullMarked;
