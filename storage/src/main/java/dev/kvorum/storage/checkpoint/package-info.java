/**
 * The index checkpoint: a copy of the key index in a file, from which a start takes it back without
 * reading every record. It is never trusted: whatever is wrong with it, the index is built from the
 * records. Start with {@link dev.kvorum.storage.checkpoint.Checkpoints}.
 */
@NullMarked
package dev.kvorum.storage.checkpoint;

import org.jspecify.annotations.NullMarked;
