package dev.kvorum.storage.model;

/**
 * Bytes that are no protobuf message, or none that we accept. The text says what is wrong and
 * where, in words that a client may see. A checked exception, because every boundary has an answer
 * of its own to it: an edge refuses the request, and a log entry that does not decode stops the
 * member.
 */
public final class MalformedProto extends Exception {
  private static final long serialVersionUID = 1L;

  public MalformedProto(String what) {
    // The text is the whole evidence and hostile input must stay cheap: no stack trace.
    super(what, null, false, false);
  }
}
