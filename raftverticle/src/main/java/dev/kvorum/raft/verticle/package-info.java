/**
 * The Raft loop: the verticle around the Raft stage, and the messages it takes and sends on the
 * event bus. What decides lives in {@code core} and {@code stage}; here are time and the disk.
 */
@NullMarked
package dev.kvorum.raft.verticle;

import org.jspecify.annotations.NullMarked;
