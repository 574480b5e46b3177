package dev.kvorum.storage.mvcc;

/**
 * A hash over history (contract S18.1).
 *
 * @param hash CRC-32C
 * @param compactRevision the compaction that the hash takes as done, -1 for none
 * @param revision the revision up to which history was hashed
 */
public record KvHash(int hash, long compactRevision, long revision) {}
