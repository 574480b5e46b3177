/** Tests of the Raft loop's own parts. */
@NullMarked
package dev.kvorum.raft.verticle;

import org.jspecify.annotations.NullMarked;
