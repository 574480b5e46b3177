/**
 * Leases (contract S10): who granted what to whom, which keys hang on it, and when it runs out.
 * Deterministic: time is an argument. {@link dev.kvorum.storage.lease.LeaseTable} is replicated
 * state, {@link dev.kvorum.storage.lease.LeaseClock} the leader's own knowledge of deadlines.
 */
@NullMarked
package dev.kvorum.storage.lease;

import org.jspecify.annotations.NullMarked;
