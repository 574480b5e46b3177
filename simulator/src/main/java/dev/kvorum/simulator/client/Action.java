package dev.kvorum.simulator.client;

/** What a client can do in one request. */
enum Action {
  /** Reads one key. */
  GET,
  /** Reads one key from whatever state the member has. */
  STALE_GET,
  /** Lists a directory. */
  LIST,
  /** Lists a directory from whatever state the member has. */
  STALE_LIST,
  /** Reads at a revision of the past, now and then one that is compacted or in the future. */
  OLD_RANGE,
  /** A range with a random choice of all its options. */
  ODD_RANGE,
  /** Counts keys. */
  COUNT,
  /** Writes one key. */
  PUT,
  /** Writes one key and asks for what was there. */
  PUT_WITH_PREVIOUS,
  /** Keeps the value or the lease of a key and counts its version up. */
  TOUCH,
  /** Writes one key with a value of some kibibytes. */
  LARGE_PUT,
  /** Deletes one key. */
  DELETE,
  /** Deletes an interval. */
  DELETE_RANGE,
  /** Several operations without a condition. */
  MULTI_TXN,
  /** Transactions in transactions, with conditions of every kind. */
  NESTED_TXN,
  /** Several reads of one state. */
  READ_TXN,
  /** Writes one key if it is still as the client saw it last. */
  COMPARE_AND_PUT,
  /** Writes one key unless it exists. */
  CREATE,
  /** Writes one key if it is still as seen; otherwise reads it. */
  UPDATE,
  /** Deletes one key if it is still as seen; otherwise reads it. */
  GUARDED_DELETE,
  /** Lists a directory page by page, all pages at the revision of the first. */
  PAGE,
  /** Compacts history. */
  COMPACT
}
