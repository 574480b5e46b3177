package dev.kvorum.storage.model;

/**
 * A key and what the store knows of it at some revision (contract S1.4): the record form of {@code
 * mvccpb.KeyValue}. A tombstone's event carries the key and the revision of the delete alone.
 *
 * @param key never empty in the store
 * @param createRevision main revision of the put that began the key's present life
 * @param modRevision main revision of the last change
 * @param version puts in the present life, from 1; 0 for a deleted key
 * @param value may be empty
 * @param lease the attached lease, or 0
 */
public record KeyValue(
    Bytes key, long createRevision, long modRevision, long version, Bytes value, long lease) {}
