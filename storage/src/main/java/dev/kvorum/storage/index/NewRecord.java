package dev.kvorum.storage.index;

/** A record on its way into the index. Reused. */
final class NewRecord {
  long main;
  long sub;
  long createRevision;
  long version;
  int recordSize;
  boolean tombstone;
}
