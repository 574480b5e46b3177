/**
 * The Raft consensus algorithm as one deterministic machine: an event goes in, an outcome comes
 * out. There is no clock (time is ticks), no thread, no I/O and no random source but a seeded one
 * here, so that a test or a simulator decides everything. An entry's payload is bytes; what it
 * means is the state machine's business.
 *
 * <p>Start reading at {@link dev.kvorum.raft.core.RaftCore}, with the messages in {@link
 * dev.kvorum.raft.core.Message} and the effects in {@link dev.kvorum.raft.core.Outcome}. The rules
 * and where they differ from the paper are told in {@code docs/raft.md}.
 */
@NullMarked
package dev.kvorum.raft.core;

import org.jspecify.annotations.NullMarked;
