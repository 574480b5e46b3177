package dev.kvorum.storage.model;

import org.jspecify.annotations.Nullable;

/**
 * One change of one key, in the order (main, sub) in which the store made it.
 *
 * @param revision where in history the change stands
 * @param deleted true for a delete; then {@code kv} holds the key and the revision only (S1.6)
 * @param kv the serialized {@code mvccpb.KeyValue} after the change
 * @param key the changed key, the same as in {@code kv}
 * @param previous the revision of the record that the change replaced, null for a creating put
 * @param lease the lease that the key is attached to from now on, or 0
 */
public record Event(
    Revision revision,
    boolean deleted,
    Bytes key,
    Bytes kv,
    @Nullable Revision previous,
    long lease) {}
