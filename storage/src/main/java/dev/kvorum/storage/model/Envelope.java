package dev.kvorum.storage.model;

/**
 * What a command wears in the log: who asked, under which rules, and the request's own bytes.
 *
 * <p>On disk: one byte version, one byte kind, then as varints the request id, the auth revision
 * and the length of the principal, the principal in UTF-8, and the body to the end. A member that
 * meets a version or a kind that it does not know must stop, because to skip an entry would make
 * its state differ from the others'; {@link Unreadable} says so.
 *
 * @param requestId names the proposal to the member that made it
 * @param principal the authenticated user, empty without one
 * @param authRevision the auth store's revision under which the request was admitted
 * @param body the request message as {@link CommandCodec} reads it, a window on the entry
 */
public record Envelope(Kind kind, long requestId, String principal, long authRevision, Bytes body) {
  /** The version that this release writes, and the newest that it reads. */
  public static final int VERSION = 1;

  /** What the body is; the codes are the ones on disk and are never reused. */
  public enum Kind {
    PUT(1),
    DELETE_RANGE(2),
    TXN(3),
    COMPACT(4),
    ALARM(5),
    PUBLISH_MEMBER(6),
    SET_CLUSTER_VERSION(7),
    LEASE_GRANT(8),
    LEASE_REVOKE(9),
    LEASE_EXPIRE(10),
    LEASE_CHECKPOINT(11);

    private final int code;

    Kind(int code) {
      this.code = code;
    }

    public int code() {
      return code;
    }

    /** The kind of a command that goes through the log; a range never does. */
    public static Kind of(Command command) {
      return switch (command) {
        case Command.Range _ -> throw new IllegalArgumentException("a range is not logged");
        case Command.Put _ -> PUT;
        case Command.DeleteRange _ -> DELETE_RANGE;
        case Command.Txn _ -> TXN;
        case Command.Compact _ -> COMPACT;
        case Command.Alarm _ -> ALARM;
        case Command.PublishMember _ -> PUBLISH_MEMBER;
        case Command.SetClusterVersion _ -> SET_CLUSTER_VERSION;
        case Command.LeaseGrant _ -> LEASE_GRANT;
        case Command.LeaseRevoke _ -> LEASE_REVOKE;
        case Command.LeaseExpire _ -> LEASE_EXPIRE;
        case Command.LeaseCheckpoint _ -> LEASE_CHECKPOINT;
      };
    }
  }

  /** This release cannot know what the entry means, so it must not go on. */
  public static final class Unreadable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private Unreadable(String what) {
      super(what);
    }
  }

  /** The entry's payload; the body is copied into it. */
  public Bytes encode() {
    var user = Bytes.utf8(principal);
    var size =
        2
            + ProtoWriter.varintSize(requestId)
            + ProtoWriter.varintSize(authRevision)
            + ProtoWriter.varintSize(user.size())
            + user.size()
            + body.size();
    return new ProtoWriter(size)
        .varint(VERSION)
        .varint(kind.code())
        .varint(requestId)
        .varint(authRevision)
        .varint(user.size())
        .raw(user)
        .raw(body)
        .toBytes();
  }

  /** Reads an entry's payload; throws {@link Unreadable} for a newer, unknown or broken one. */
  public static Envelope decode(Bytes payload) {
    if (payload.isEmpty()) {
      throw new Unreadable("a log entry without an envelope");
    }
    if (payload.at(0) != VERSION) {
      throw new Unreadable(
          "a log entry has envelope version %d, this release reads up to %d: it was written by a newer release"
              .formatted(payload.at(0) & 0xff, VERSION));
    }
    try {
      var reader = new ProtoReader(payload.slice(1, payload.size()));
      var kind = kindOf(reader.varint());
      var requestId = reader.varint();
      var authRevision = reader.varint();
      var principal = reader.bytes().toUtf8();
      return new Envelope(kind, requestId, principal, authRevision, reader.rest());
    } catch (MalformedProto malformed) {
      throw new Unreadable("a log entry has a broken envelope: " + malformed.getMessage());
    }
  }

  private static Kind kindOf(long code) {
    for (var kind : Kind.values()) {
      if (kind.code() == code) {
        return kind;
      }
    }
    throw new Unreadable(
        "a log entry is of the unknown kind %d: it was written by a newer release".formatted(code));
  }
}
