package dev.kvorum.storage.model;

/**
 * Why a request was not answered with what it asked for. Each constant has exactly one code and
 * text on the wire; that table stands beside the service interface, because the store knows reasons
 * and not protocols.
 */
public enum Failure {
  EMPTY_KEY(Kind.REJECTED),
  KEY_NOT_FOUND(Kind.REJECTED),
  VALUE_PROVIDED(Kind.REJECTED),
  LEASE_PROVIDED(Kind.REJECTED),
  TOO_MANY_OPS(Kind.REJECTED),
  DUPLICATE_KEY(Kind.REJECTED),
  INVALID_SORT_OPTION(Kind.REJECTED),
  INVALID_CLIENT_API_VERSION(Kind.REJECTED),
  COMPACTED(Kind.REJECTED),
  FUTURE_REVISION(Kind.REJECTED),
  NO_SPACE(Kind.REJECTED),
  CORRUPT(Kind.REJECTED),
  LEASE_NOT_FOUND(Kind.REJECTED),
  LEASE_EXISTS(Kind.REJECTED),
  LEASE_TTL_TOO_LARGE(Kind.REJECTED),
  MEMBER_NOT_FOUND(Kind.REJECTED),
  REQUEST_TOO_LARGE(Kind.REJECTED),
  STREAM_CUSTOM_SORT(Kind.REJECTED),
  STREAM_REVISION_FILTER(Kind.REJECTED),
  UNIMPLEMENTED(Kind.REJECTED),
  TOO_MANY_REQUESTS(Kind.NOT_NOW),
  NO_LEADER(Kind.NOT_NOW),
  NOT_LEADER(Kind.NOT_NOW),
  NOT_CAPABLE(Kind.NOT_NOW),
  STOPPED(Kind.UNKNOWN),
  LEADER_CHANGED(Kind.UNKNOWN),
  TIMEOUT(Kind.UNKNOWN),
  TIMEOUT_LEADER_FAILED(Kind.UNKNOWN),
  TIMEOUT_CONNECTION_LOST(Kind.UNKNOWN),
  DEADLINE_EXCEEDED(Kind.UNKNOWN),
  CANCELED(Kind.UNKNOWN);

  /** What the caller knows about the request's effect. */
  public enum Kind {
    /** It did not happen and, asked again, will not happen either. */
    REJECTED,
    /** It did not happen; it may when asked later or elsewhere. */
    NOT_NOW,
    /** It may have happened. */
    UNKNOWN
  }

  private final Kind kind;

  Failure(Kind kind) {
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
