package dev.kvorum.storage.model;

import dev.kvorum.storage.model.Command.Compare;
import dev.kvorum.storage.model.Command.TxnOp;
import java.util.ArrayList;
import java.util.List;

/**
 * Between a {@link Command} and its bytes: the request messages of the API for what clients ask,
 * and messages of our own for what members tell each other. Decoding copies nothing: keys and
 * values are windows on the given bytes.
 *
 * <p>It reads as every protobuf library does: the last of repeated scalar fields wins, a member of
 * a oneof that comes twice is merged, a different member replaces the one before, and unknown
 * fields are passed over.
 */
public final class CommandCodec {
  /** How many transactions may stand one inside the other, the outermost included. */
  public static final int MAX_TXN_DEPTH = 100;

  private static final int VARINT = ProtoReader.VARINT;
  private static final int LENGTH = ProtoReader.LENGTH;

  private CommandCodec() {}

  /** Decodes a log entry's body, whose kind stands in its envelope. */
  public static Command decode(Envelope.Kind kind, Bytes body) throws MalformedProto {
    return switch (kind) {
      case PUT -> decodePut(body);
      case DELETE_RANGE -> decodeDeleteRange(body);
      case TXN -> decodeTxn(body);
      case COMPACT -> decodeCompact(body);
      case ALARM -> decodeAlarm(body);
      case PUBLISH_MEMBER -> decodePublishMember(body);
      case SET_CLUSTER_VERSION -> decodeSetClusterVersion(body);
      case LEASE_GRANT -> LeaseCommandCodec.decodeGrant(body);
      case LEASE_REVOKE -> LeaseCommandCodec.decodeRevoke(body);
      case LEASE_EXPIRE -> LeaseCommandCodec.decodeExpire(body);
      case LEASE_CHECKPOINT -> LeaseCommandCodec.decodeCheckpoint(body);
    };
  }

  /** Decodes an {@code etcdserverpb.RangeRequest}. */
  public static Command.Range decodeRange(Bytes message) throws MalformedProto {
    var key = Bytes.EMPTY;
    var rangeEnd = Bytes.EMPTY;
    var limit = 0L;
    var revision = 0L;
    var sortOrder = 0;
    var sortTarget = 0;
    var serializable = false;
    var keysOnly = false;
    var countOnly = false;
    var minModRevision = 0L;
    var maxModRevision = 0L;
    var minCreateRevision = 0L;
    var maxCreateRevision = 0L;
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 | LENGTH -> key = reader.bytes();
        case 2 << 3 | LENGTH -> rangeEnd = reader.bytes();
        case 3 << 3 | VARINT -> limit = reader.varint();
        case 4 << 3 | VARINT -> revision = reader.varint();
        case 5 << 3 | VARINT -> sortOrder = (int) reader.varint();
        case 6 << 3 | VARINT -> sortTarget = (int) reader.varint();
        case 7 << 3 | VARINT -> serializable = reader.bool();
        case 8 << 3 | VARINT -> keysOnly = reader.bool();
        case 9 << 3 | VARINT -> countOnly = reader.bool();
        case 10 << 3 | VARINT -> minModRevision = reader.varint();
        case 11 << 3 | VARINT -> maxModRevision = reader.varint();
        case 12 << 3 | VARINT -> minCreateRevision = reader.varint();
        case 13 << 3 | VARINT -> maxCreateRevision = reader.varint();
        default -> reader.skip(tag);
      }
    }
    return new Command.Range(
        key,
        rangeEnd,
        limit,
        revision,
        sortOrder,
        sortTarget,
        serializable,
        keysOnly,
        countOnly,
        minModRevision,
        maxModRevision,
        minCreateRevision,
        maxCreateRevision);
  }

  /** Decodes an {@code etcdserverpb.PutRequest}. */
  public static Command.Put decodePut(Bytes message) throws MalformedProto {
    var key = Bytes.EMPTY;
    var value = Bytes.EMPTY;
    var lease = 0L;
    var prevKv = false;
    var ignoreValue = false;
    var ignoreLease = false;
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 | LENGTH -> key = reader.bytes();
        case 2 << 3 | LENGTH -> value = reader.bytes();
        case 3 << 3 | VARINT -> lease = reader.varint();
        case 4 << 3 | VARINT -> prevKv = reader.bool();
        case 5 << 3 | VARINT -> ignoreValue = reader.bool();
        case 6 << 3 | VARINT -> ignoreLease = reader.bool();
        default -> reader.skip(tag);
      }
    }
    return new Command.Put(key, value, lease, prevKv, ignoreValue, ignoreLease);
  }

  /** Decodes an {@code etcdserverpb.DeleteRangeRequest}. */
  public static Command.DeleteRange decodeDeleteRange(Bytes message) throws MalformedProto {
    var key = Bytes.EMPTY;
    var rangeEnd = Bytes.EMPTY;
    var prevKv = false;
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 | LENGTH -> key = reader.bytes();
        case 2 << 3 | LENGTH -> rangeEnd = reader.bytes();
        case 3 << 3 | VARINT -> prevKv = reader.bool();
        default -> reader.skip(tag);
      }
    }
    return new Command.DeleteRange(key, rangeEnd, prevKv);
  }

  /** Decodes an {@code etcdserverpb.TxnRequest}. */
  public static Command.Txn decodeTxn(Bytes message) throws MalformedProto {
    return decodeTxn(message, 1);
  }

  private static Command.Txn decodeTxn(Bytes message, int depth) throws MalformedProto {
    if (depth > MAX_TXN_DEPTH) {
      throw new MalformedProto("transactions nested deeper than " + MAX_TXN_DEPTH);
    }
    var compares = new ArrayList<Compare>();
    var success = new ArrayList<TxnOp>();
    var failure = new ArrayList<TxnOp>();
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 | LENGTH -> compares.add(decodeCompare(reader.bytes()));
        case 2 << 3 | LENGTH -> success.add(decodeOp(reader.bytes(), depth));
        case 3 << 3 | LENGTH -> failure.add(decodeOp(reader.bytes(), depth));
        default -> reader.skip(tag);
      }
    }
    return new Command.Txn(compares, success, failure);
  }

  /**
   * Decodes an {@code etcdserverpb.RequestOp}. Two occurrences of one member merge, and merging two
   * messages is decoding their bytes one after the other. Every byte is decoded once, or nesting
   * would double the work at each level.
   */
  private static TxnOp decodeOp(Bytes message, int depth) throws MalformedProto {
    var member = 0;
    var parts = new ArrayList<Bytes>(1);
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 | LENGTH, 2 << 3 | LENGTH, 3 << 3 | LENGTH, 4 << 3 | LENGTH -> {
          if (tag >>> 3 != member) {
            // A member that is replaced must have been a message all the same.
            decodeOpMember(member, concat(parts), depth);
            parts.clear();
            member = tag >>> 3;
          }
          parts.add(reader.bytes());
        }
        default -> reader.skip(tag);
      }
    }
    return decodeOpMember(member, concat(parts), depth);
  }

  private static TxnOp decodeOpMember(int member, Bytes body, int depth) throws MalformedProto {
    return switch (member) {
      case 1 -> decodeRange(body);
      case 2 -> decodePut(body);
      case 3 -> decodeDeleteRange(body);
      case 4 -> decodeTxn(body, depth + 1);
      default -> new Command.MissingOp();
    };
  }

  private static Bytes concat(List<Bytes> parts) {
    if (parts.size() == 1) {
      return parts.getFirst();
    }
    var whole = new ProtoWriter(parts.stream().mapToInt(Bytes::size).sum());
    parts.forEach(whole::raw);
    return whole.toBytes();
  }

  /** Decodes an {@code etcdserverpb.Compare}; its oneof holds the member that came last. */
  private static Compare decodeCompare(Bytes message) throws MalformedProto {
    var result = 0;
    var target = 0;
    var key = Bytes.EMPTY;
    var rangeEnd = Bytes.EMPTY;
    var member = 0;
    var operand = 0L;
    var value = Bytes.EMPTY;
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 | VARINT -> result = (int) reader.varint();
        case 2 << 3 | VARINT -> target = (int) reader.varint();
        case 3 << 3 | LENGTH -> key = reader.bytes();
        case 4 << 3 | VARINT, 5 << 3 | VARINT, 6 << 3 | VARINT, 8 << 3 | VARINT -> {
          member = tag >>> 3;
          operand = reader.varint();
        }
        case 7 << 3 | LENGTH -> {
          member = 7;
          value = reader.bytes();
        }
        case 64 << 3 | LENGTH -> rangeEnd = reader.bytes();
        default -> reader.skip(tag);
      }
    }
    return new Compare(
        result,
        target,
        key,
        rangeEnd,
        member == memberOf(target) ? operand : 0,
        member == 7 && target == Compare.VALUE ? value : Bytes.EMPTY);
  }

  /** The field of the oneof that a numeric target compares with, -1 for a target that has none. */
  private static int memberOf(int target) {
    return switch (target) {
      case Compare.VERSION -> 4;
      case Compare.CREATE -> 5;
      case Compare.MOD -> 6;
      case Compare.LEASE -> 8;
      default -> -1;
    };
  }

  /** Decodes an {@code etcdserverpb.CompactionRequest}. */
  public static Command.Compact decodeCompact(Bytes message) throws MalformedProto {
    var revision = 0L;
    var physical = false;
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 | VARINT -> revision = reader.varint();
        case 2 << 3 | VARINT -> physical = reader.bool();
        default -> reader.skip(tag);
      }
    }
    return new Command.Compact(revision, physical);
  }

  /** Decodes an {@code etcdserverpb.AlarmRequest}. */
  public static Command.Alarm decodeAlarm(Bytes message) throws MalformedProto {
    var action = 0;
    var memberId = 0L;
    var alarm = 0;
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 | VARINT -> action = (int) reader.varint();
        case 2 << 3 | VARINT -> memberId = reader.varint();
        case 3 << 3 | VARINT -> alarm = (int) reader.varint();
        default -> reader.skip(tag);
      }
    }
    return new Command.Alarm(action, memberId, alarm);
  }

  private static Command.PublishMember decodePublishMember(Bytes message) throws MalformedProto {
    var memberId = 0L;
    var name = "";
    var clientUrls = new ArrayList<String>();
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 | VARINT -> memberId = reader.varint();
        case 2 << 3 | LENGTH -> name = reader.bytes().toUtf8();
        case 3 << 3 | LENGTH -> clientUrls.add(reader.bytes().toUtf8());
        default -> reader.skip(tag);
      }
    }
    return new Command.PublishMember(memberId, name, clientUrls);
  }

  private static Command.SetClusterVersion decodeSetClusterVersion(Bytes message)
      throws MalformedProto {
    var version = "";
    var reader = new ProtoReader(message);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case 1 << 3 | LENGTH -> version = reader.bytes().toUtf8();
        default -> reader.skip(tag);
      }
    }
    return new Command.SetClusterVersion(version);
  }

  /** The message that decodes to the command. */
  public static Bytes encode(Command command) {
    var writer = new ProtoWriter(64);
    switch (command) {
      case Command.Range range -> writeRange(writer, range);
      case Command.Put put -> writePut(writer, put);
      case Command.DeleteRange delete -> writeDeleteRange(writer, delete);
      case Command.Txn txn -> writeTxn(writer, txn);
      case Command.Compact compact ->
          writer.varintField(1, compact.revision()).boolField(2, compact.physical());
      case Command.Alarm alarm ->
          writer
              .varintField(1, alarm.action())
              .varintField(2, alarm.memberId())
              .varintField(3, alarm.alarm());
      case Command.PublishMember member -> {
        writer.varintField(1, member.memberId()).bytesField(2, Bytes.utf8(member.name()));
        member.clientUrls().forEach(url -> writer.bytesMember(3, Bytes.utf8(url)));
      }
      case Command.SetClusterVersion set -> writer.bytesField(1, Bytes.utf8(set.version()));
      case Command.LeaseGrant grant -> LeaseCommandCodec.write(writer, grant);
      case Command.LeaseRevoke revoke -> LeaseCommandCodec.write(writer, revoke);
      case Command.LeaseExpire expire -> LeaseCommandCodec.write(writer, expire);
      case Command.LeaseCheckpoint checkpoint -> LeaseCommandCodec.write(writer, checkpoint);
    }
    return writer.toBytes();
  }

  private static void writeRange(ProtoWriter writer, Command.Range range) {
    writer
        .bytesField(1, range.key())
        .bytesField(2, range.rangeEnd())
        .varintField(3, range.limit())
        .varintField(4, range.revision())
        .varintField(5, range.sortOrder())
        .varintField(6, range.sortTarget())
        .boolField(7, range.serializable())
        .boolField(8, range.keysOnly())
        .boolField(9, range.countOnly())
        .varintField(10, range.minModRevision())
        .varintField(11, range.maxModRevision())
        .varintField(12, range.minCreateRevision())
        .varintField(13, range.maxCreateRevision());
  }

  private static void writePut(ProtoWriter writer, Command.Put put) {
    writer
        .bytesField(1, put.key())
        .bytesField(2, put.value())
        .varintField(3, put.lease())
        .boolField(4, put.prevKv())
        .boolField(5, put.ignoreValue())
        .boolField(6, put.ignoreLease());
  }

  private static void writeDeleteRange(ProtoWriter writer, Command.DeleteRange delete) {
    writer
        .bytesField(1, delete.key())
        .bytesField(2, delete.rangeEnd())
        .boolField(3, delete.prevKv());
  }

  private static void writeTxn(ProtoWriter writer, Command.Txn txn) {
    txn.compares().forEach(compare -> writer.bytesMember(1, encodeCompare(compare)));
    writeOps(writer, 2, txn.success());
    writeOps(writer, 3, txn.failure());
  }

  private static void writeOps(ProtoWriter writer, int fieldNumber, List<TxnOp> ops) {
    ops.forEach(op -> writer.bytesMember(fieldNumber, encodeOp(op)));
  }

  private static Bytes encodeOp(TxnOp op) {
    var writer = new ProtoWriter(64);
    return switch (op) {
      case Command.Range range -> writer.bytesMember(1, encode(range)).toBytes();
      case Command.Put put -> writer.bytesMember(2, encode(put)).toBytes();
      case Command.DeleteRange delete -> writer.bytesMember(3, encode(delete)).toBytes();
      case Command.Txn txn -> writer.bytesMember(4, encode(txn)).toBytes();
      case Command.MissingOp _ -> Bytes.EMPTY;
    };
  }

  private static Bytes encodeCompare(Compare compare) {
    var writer =
        new ProtoWriter(64)
            .varintField(1, compare.result())
            .varintField(2, compare.target())
            .bytesField(3, compare.key());
    if (compare.target() == Compare.VALUE) {
      writer.bytesMember(7, compare.value());
    } else if (memberOf(compare.target()) > 0) {
      writer.varintMember(memberOf(compare.target()), compare.operand());
    }
    return writer.bytesField(64, compare.rangeEnd()).toBytes();
  }
}
