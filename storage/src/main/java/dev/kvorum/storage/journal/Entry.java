package dev.kvorum.storage.journal;

import dev.kvorum.storage.model.Bytes;

/**
 * One entry of the replicated log.
 *
 * @param term the leader's term when it appended the entry, from 1
 * @param index the position in the log, from 1, without gaps
 * @param type what the payload is
 * @param payload opaque to the log and to Raft
 */
public record Entry(long term, long index, Type type, Bytes payload) {
  /** What an entry's payload is; the numbers are the ones on disk. */
  public enum Type {
    /** Nothing: a new leader appends one to commit what came before it. */
    EMPTY(0),
    /** A command envelope. */
    COMMAND(1),
    /** A change of the voters or learners. */
    MEMBERSHIP(2);

    private final int code;

    Type(int code) {
      this.code = code;
    }

    public int code() {
      return code;
    }
  }
}
