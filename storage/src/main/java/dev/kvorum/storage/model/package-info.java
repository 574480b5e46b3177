/**
 * The words of the store: immutable records that every other package speaks.
 *
 * <p>Here live keys, revisions, commands, results and events, and a small protobuf reader and
 * writer for them. Nothing here knows a clock, a thread, a file or a network. Start with {@link
 * dev.kvorum.storage.model.Command} and {@link dev.kvorum.storage.model.Result}.
 */
@NullMarked
package dev.kvorum.storage.model;

import org.jspecify.annotations.NullMarked;
