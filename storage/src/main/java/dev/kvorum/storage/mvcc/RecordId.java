package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Revision;

/**
 * Names one record of the KEY bucket.
 *
 * @param tombstone whether it is a delete, which the record's key in the bucket shows
 */
public record RecordId(Revision revision, boolean tombstone) {}
