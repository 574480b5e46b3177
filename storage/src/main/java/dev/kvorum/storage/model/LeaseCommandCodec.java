package dev.kvorum.storage.model;

import java.util.ArrayList;

/** The part of {@link CommandCodec} that concerns leases; the same rules hold. */
public final class LeaseCommandCodec {
  /** A field of our own in a grant, far from the numbers that the message may come to use. */
  private static final int CLIENT_CHOSE_ID = 100;

  /** The same in a checkpoint. */
  private static final int GRANTED_BEFORE = 100;

  private static final int TERM = 101;

  private LeaseCommandCodec() {}

  /** Decodes an {@code etcdserverpb.LeaseGrantRequest}. */
  public static Command.LeaseGrant decodeGrant(Bytes message) throws MalformedProto {
    var ttlSeconds = 0L;
    var id = 0L;
    var clientChoseId = false;
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 -> ttlSeconds = reader.varint();
        case 2 << 3 -> id = reader.varint();
        case CLIENT_CHOSE_ID << 3 -> clientChoseId = reader.varint() != 0;
        default -> reader.skip(tag);
      }
    }
    return new Command.LeaseGrant(id, ttlSeconds, clientChoseId);
  }

  /** Decodes an {@code etcdserverpb.LeaseRevokeRequest}. */
  public static Command.LeaseRevoke decodeRevoke(Bytes message) throws MalformedProto {
    return new Command.LeaseRevoke(decodeId(message));
  }

  /** The {@code ID} of a request in which it is the first field, as it is in most. */
  public static long decodeId(Bytes message) throws MalformedProto {
    var id = 0L;
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 -> id = reader.varint();
        default -> reader.skip(tag);
      }
    }
    return id;
  }

  static Command.LeaseExpire decodeExpire(Bytes message) throws MalformedProto {
    var term = 0L;
    var grantedBefore = 0L;
    var ids = new ArrayList<Long>();
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 -> term = reader.varint();
        case 2 << 3 -> ids.add(reader.varint());
        case 3 << 3 -> grantedBefore = reader.varint();
        default -> reader.skip(tag);
      }
    }
    return new Command.LeaseExpire(term, ids, grantedBefore);
  }

  static Command.LeaseCheckpoint decodeCheckpoint(Bytes message) throws MalformedProto {
    var leases = new ArrayList<Command.LeaseCheckpoint.Remaining>();
    var grantedBefore = 0L;
    var term = 0L;
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 | ProtoReader.LENGTH -> leases.add(decodeRemaining(reader.bytes()));
        case GRANTED_BEFORE << 3 -> grantedBefore = reader.varint();
        case TERM << 3 -> term = reader.varint();
        default -> reader.skip(tag);
      }
    }
    return new Command.LeaseCheckpoint(term, leases, grantedBefore);
  }

  private static Command.LeaseCheckpoint.Remaining decodeRemaining(Bytes message)
      throws MalformedProto {
    var id = 0L;
    var seconds = 0L;
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 -> id = reader.varint();
        case 2 << 3 -> seconds = reader.varint();
        default -> reader.skip(tag);
      }
    }
    return new Command.LeaseCheckpoint.Remaining(id, seconds);
  }

  static void write(ProtoWriter writer, Command.LeaseGrant grant) {
    writer
        .varintField(1, grant.ttlSeconds())
        .varintField(2, grant.id())
        .varintField(CLIENT_CHOSE_ID, grant.clientChoseId() ? 1 : 0);
  }

  static void write(ProtoWriter writer, Command.LeaseRevoke revoke) {
    writer.varintField(1, revoke.id());
  }

  static void write(ProtoWriter writer, Command.LeaseExpire expire) {
    writer.varintField(1, expire.term());
    expire.ids().forEach(id -> writer.varintMember(2, id));
    writer.varintField(3, expire.grantedBefore());
  }

  static void write(ProtoWriter writer, Command.LeaseCheckpoint checkpoint) {
    for (var lease : checkpoint.leases()) {
      var size =
          ProtoWriter.varintFieldSize(1, lease.id())
              + ProtoWriter.varintFieldSize(2, lease.seconds());
      writer.header(1, size).varintField(1, lease.id()).varintField(2, lease.seconds());
    }
    writer
        .varintField(GRANTED_BEFORE, checkpoint.grantedBefore())
        .varintField(TERM, checkpoint.term());
  }
}
