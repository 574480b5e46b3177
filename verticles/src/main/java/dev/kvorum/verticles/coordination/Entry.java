package dev.kvorum.verticles.coordination;

import dev.kvorum.storage.model.Bytes;

/**
 * A place in a queue, which is a key.
 *
 * @param key the queue's name, a slash, and the lease in hexadecimal digits
 * @param createRevision orders the places; it is also the fencing token of who is first
 * @param revision of the header of the answer that told of it
 */
public record Entry(Bytes key, long lease, long createRevision, long revision) {}
