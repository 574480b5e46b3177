/**
 * Replays what a real etcd 3.7.1 answered, over gRPC, and compares every byte of the answers but
 * ids and terms.
 */
@NullMarked
package dev.kvorum.foreign.golden;

import org.jspecify.annotations.NullMarked;
