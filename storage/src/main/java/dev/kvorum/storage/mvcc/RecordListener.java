package dev.kvorum.storage.mvcc;

/** Hears of every record that a command makes, in the order of revisions. */
@FunctionalInterface
interface RecordListener {
  /**
   * A record was made.
   *
   * @param main its revision, with {@code sub}
   * @param recordSize of the serialized key-value in bytes
   * @param checksum over revision, kind and contents, see {@link RecordCodec}
   */
  void made(long main, long sub, int recordSize, int checksum);
}
