package dev.kvorum.storage.model;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Result} as the response message of the API, header included. Sizes are computed first,
 * so that one array of the exact size is filled and key-values are copied once.
 */
public final class ResponseCodec {
  private static final int HEADER = 1;
  private static final byte KEY_VALUE_TAG = (byte) ProtoReader.tag(2, ProtoReader.LENGTH);

  /** The fields of a header that the store does not know (contract S20.1). */
  public record Origin(long clusterId, long memberId, long raftTerm) {}

  private ResponseCodec() {}

  /**
   * The response message of the result's own RPC.
   *
   * @throws IllegalArgumentException for {@link Result.Done} and {@link Result.Failed}, which are
   *     no messages
   * @throws ArithmeticException for an answer beyond 2 GiB
   */
  public static Bytes encode(Result result, Origin origin) {
    return switch (result) {
      case Result.Range range -> {
        var header = header(range.revision(), origin);
        var writer = new ProtoWriter(rangeSize(header.size(), range));
        yield writeRange(writer, header, range).toBytes();
      }
      case Result.Put put -> {
        var header = header(put.revision(), origin);
        yield writePut(new ProtoWriter(putSize(header.size(), put)), header, put).toBytes();
      }
      case Result.DeleteRange delete -> {
        var header = header(delete.revision(), origin);
        var writer = new ProtoWriter(deleteRangeSize(header.size(), delete));
        yield writeDeleteRange(writer, header, delete).toBytes();
      }
      case Result.Txn txn -> {
        var header = header(txn.revision(), origin);
        var sizes = new TxnSizes();
        var writer = new ProtoWriter(sizes.add(header.size(), txn));
        yield writeTxn(writer, header, txn, sizes).toBytes();
      }
      case Result.Compact compact -> encodeHeaderOnly(header(compact.revision(), origin));
      case Result.LeaseRevoke revoke -> encodeHeaderOnly(header(revoke.revision(), origin));
      case Result.LeaseGrant grant ->
          new ProtoWriter(64)
              .bytesMember(HEADER, header(grant.revision(), origin))
              .varintField(2, grant.id())
              .varintField(3, grant.ttlSeconds())
              .toBytes();
      case Result.LeaseKeepAlive alive ->
          new ProtoWriter(64)
              .bytesMember(HEADER, header(alive.revision(), origin))
              .varintField(2, alive.id())
              .varintField(3, alive.ttlSeconds())
              .toBytes();
      case Result.LeaseTimeToLive time -> {
        var writer =
            new ProtoWriter(64)
                .bytesMember(HEADER, header(time.revision(), origin))
                .varintField(2, time.id())
                .varintField(3, time.ttlSeconds())
                .varintField(4, time.grantedSeconds());
        yield writeKeyValues(writer, 5, time.keys()).toBytes();
      }
      case Result.LeaseLeases found -> {
        var writer = new ProtoWriter(64).bytesMember(HEADER, header(found.revision(), origin));
        for (var id : found.ids()) {
          writer.header(2, ProtoWriter.varintFieldSize(1, id)).varintField(1, id);
        }
        yield writer.toBytes();
      }
      case Result.Alarm alarm -> encodeAlarm(header(alarm.revision(), origin), alarm);
      case Result.Done _, Result.Failed _ ->
          throw new IllegalArgumentException("no response message: " + result);
    };
  }

  /**
   * One {@code RangeStreamResponse}. Only the last message of a stream has a header, {@code more}
   * and {@code count} (contract S3.4).
   */
  public static Bytes encodeChunk(Result.Range chunk, boolean last, Origin origin) {
    if (!last) {
      var size = keyValuesSize(2, chunk.kvs());
      var writer = new ProtoWriter(ProtoWriter.bytesMemberSize(1, size)).header(1, size);
      return writeKeyValues(writer, 2, chunk.kvs()).toBytes();
    }
    var header = header(chunk.revision(), origin);
    var size = rangeSize(header.size(), chunk);
    var writer = new ProtoWriter(ProtoWriter.bytesMemberSize(1, size)).header(1, size);
    return writeRange(writer, header, chunk).toBytes();
  }

  /** How many bytes a key-value of this size takes as a field of a range's answer. */
  public static int sizeOfKeyValue(int kvSize) {
    return ProtoWriter.bytesMemberSize(2, kvSize);
  }

  /** Key-values as fields of a range's answer, for one that is made in pieces. */
  public static Bytes encodeKeyValues(List<Bytes> kvs) {
    return writeKeyValues(new ProtoWriter(keyValuesSize(2, kvs)), 2, kvs).toBytes();
  }

  /**
   * Writes what stands before a key-value of this size when it is a field of a range's answer.
   *
   * @return where the key-value begins
   */
  public static int beginKeyValue(ByteBuffer fields, int at, int kvSize) {
    var next = at;
    fields.put(next++, KEY_VALUE_TAG);
    var rest = kvSize;
    for (; rest > 0x7f; rest >>>= 7) {
      fields.put(next++, (byte) (rest | 0x80));
    }
    fields.put(next++, (byte) rest);
    return next;
  }

  /** A range's answer around its key-values: what comes before them, and what behind. */
  public record RangeFrame(Bytes head, Bytes tail) {
    /** The size of the whole message. */
    public long size(long keyValueBytes) {
      return head.size() + keyValueBytes + tail.size();
    }
  }

  /** What stands around the key-values of a unary answer. */
  public static RangeFrame frame(long revision, boolean more, long count, Origin origin) {
    var header = header(revision, origin);
    var head =
        new ProtoWriter(ProtoWriter.bytesMemberSize(HEADER, header.size()))
            .bytesMember(HEADER, header);
    var tail =
        new ProtoWriter((more ? 2 : 0) + ProtoWriter.varintFieldSize(4, count))
            .boolField(3, more)
            .varintField(4, count);
    return new RangeFrame(head.toBytes(), tail.toBytes());
  }

  /**
   * What stands around the key-values of a stream's last message, or of an earlier one, which has
   * them alone.
   *
   * @param last of the last message the unary frame, else null
   * @param keyValueBytes the size of the key-values as fields
   * @throws ArithmeticException for a message beyond 2 GiB
   */
  public static RangeFrame chunkFrame(@Nullable RangeFrame last, long keyValueBytes) {
    var inner = last == null ? new RangeFrame(Bytes.EMPTY, Bytes.EMPTY) : last;
    var size = Math.toIntExact(inner.size(keyValueBytes));
    var head = new ProtoWriter(10 + inner.head().size()).header(1, size).raw(inner.head());
    return new RangeFrame(head.toBytes(), inner.tail());
  }

  private static Bytes header(long revision, Origin origin) {
    var size =
        ProtoWriter.varintFieldSize(1, origin.clusterId())
            + ProtoWriter.varintFieldSize(2, origin.memberId())
            + ProtoWriter.varintFieldSize(3, revision)
            + ProtoWriter.varintFieldSize(4, origin.raftTerm());
    return new ProtoWriter(size)
        .varintField(1, origin.clusterId())
        .varintField(2, origin.memberId())
        .varintField(3, revision)
        .varintField(4, origin.raftTerm())
        .toBytes();
  }

  /** An operation's header has the revision alone; a nested transaction's is empty (S6.6). */
  private static Bytes opHeader(long revision) {
    return new ProtoWriter(opHeaderSize(revision)).varintField(3, revision).toBytes();
  }

  private static int opHeaderSize(long revision) {
    return ProtoWriter.varintFieldSize(3, revision);
  }

  private static int rangeSize(int headerSize, Result.Range range) {
    var fixed =
        ProtoWriter.bytesMemberSize(HEADER, headerSize)
            + (range.more() ? 2 : 0)
            + ProtoWriter.varintFieldSize(4, range.count());
    return Math.addExact(fixed, keyValuesSize(2, range.kvs()));
  }

  private static ProtoWriter writeRange(ProtoWriter writer, Bytes header, Result.Range range) {
    writer.bytesMember(HEADER, header);
    writeKeyValues(writer, 2, range.kvs());
    return writer.boolField(3, range.more()).varintField(4, range.count());
  }

  private static int putSize(int headerSize, Result.Put put) {
    var fixed = ProtoWriter.bytesMemberSize(HEADER, headerSize);
    var prevKv = put.prevKv();
    return prevKv == null ? fixed : fixed + ProtoWriter.bytesMemberSize(2, prevKv.size());
  }

  private static ProtoWriter writePut(ProtoWriter writer, Bytes header, Result.Put put) {
    writer.bytesMember(HEADER, header);
    var prevKv = put.prevKv();
    return prevKv == null ? writer : writer.bytesMember(2, prevKv);
  }

  private static int deleteRangeSize(int headerSize, Result.DeleteRange delete) {
    var fixed =
        ProtoWriter.bytesMemberSize(HEADER, headerSize)
            + ProtoWriter.varintFieldSize(2, delete.deleted());
    return Math.addExact(fixed, keyValuesSize(3, delete.prevKvs()));
  }

  private static ProtoWriter writeDeleteRange(
      ProtoWriter writer, Bytes header, Result.DeleteRange delete) {
    writer.bytesMember(HEADER, header).varintField(2, delete.deleted());
    return writeKeyValues(writer, 3, delete.prevKvs());
  }

  private static int keyValuesSize(int fieldNumber, List<Bytes> kvs) {
    var size = 0;
    for (var kv : kvs) {
      size = Math.addExact(size, ProtoWriter.bytesMemberSize(fieldNumber, kv.size()));
    }
    return size;
  }

  private static ProtoWriter writeKeyValues(ProtoWriter writer, int fieldNumber, List<Bytes> kvs) {
    for (var kv : kvs) {
      writer.bytesMember(fieldNumber, kv);
    }
    return writer;
  }

  private static Bytes encodeHeaderOnly(Bytes header) {
    var size = ProtoWriter.bytesMemberSize(HEADER, header.size());
    return new ProtoWriter(size).bytesMember(HEADER, header).toBytes();
  }

  private static Bytes encodeAlarm(Bytes header, Result.Alarm alarm) {
    var writer = new ProtoWriter(64).bytesMember(HEADER, header);
    for (var member : alarm.alarms()) {
      var size =
          ProtoWriter.varintFieldSize(1, member.memberId())
              + ProtoWriter.varintFieldSize(2, member.alarm());
      writer.header(2, size).varintField(1, member.memberId()).varintField(2, member.alarm());
    }
    return writer.toBytes();
  }

  private static ProtoWriter writeTxn(
      ProtoWriter writer, Bytes header, Result.Txn txn, TxnSizes sizes) {
    writer.bytesMember(HEADER, header).boolField(2, txn.succeeded());
    for (var response : txn.responses()) {
      var size = sizes.next();
      writer.header(3, ProtoWriter.bytesMemberSize(1, size));
      switch (response) {
        case Result.Range range ->
            writeRange(writer.header(1, size), opHeader(range.revision()), range);
        case Result.Put put -> writePut(writer.header(2, size), opHeader(put.revision()), put);
        case Result.DeleteRange delete ->
            writeDeleteRange(writer.header(3, size), opHeader(delete.revision()), delete);
        case Result.Txn nested ->
            writeTxn(writer.header(4, size), opHeader(nested.revision()), nested, sizes);
        case Result.Compact _,
            Result.Alarm _,
            Result.LeaseGrant _,
            Result.LeaseRevoke _,
            Result.LeaseKeepAlive _,
            Result.LeaseTimeToLive _,
            Result.LeaseLeases _,
            Result.Done _,
            Result.Failed _ ->
            throw notOfAnOperation(response);
      }
    }
    return writer;
  }

  private static IllegalArgumentException notOfAnOperation(Result response) {
    return new IllegalArgumentException("not the answer of an operation: " + response);
  }

  /**
   * The sizes of the answers inside a transaction, in the order in which they are written. Without
   * this list each level of nesting would compute all sizes below it again.
   */
  private static final class TxnSizes {
    private int[] sizes = new int[16];
    private int count;
    private int position;

    /** Keeps the sizes of all answers inside and returns the size of the whole message. */
    int add(int headerSize, Result.Txn txn) {
      var size = ProtoWriter.bytesMemberSize(HEADER, headerSize) + (txn.succeeded() ? 2 : 0);
      for (var response : txn.responses()) {
        // Each answer is wrapped twice: as a member of the ResponseOp, which is a field of ours.
        var op = ProtoWriter.bytesMemberSize(1, addAnswer(response));
        size = Math.addExact(size, ProtoWriter.bytesMemberSize(3, op));
      }
      return size;
    }

    private int addAnswer(Result response) {
      var slot = count++;
      if (slot == sizes.length) {
        sizes = Arrays.copyOf(sizes, 2 * slot);
      }
      // Not assigned in one statement: a nested answer may replace the array.
      var size =
          switch (response) {
            case Result.Range range -> rangeSize(opHeaderSize(range.revision()), range);
            case Result.Put put -> putSize(opHeaderSize(put.revision()), put);
            case Result.DeleteRange delete ->
                deleteRangeSize(opHeaderSize(delete.revision()), delete);
            case Result.Txn nested -> add(opHeaderSize(nested.revision()), nested);
            case Result.Compact _,
                Result.Alarm _,
                Result.LeaseGrant _,
                Result.LeaseRevoke _,
                Result.LeaseKeepAlive _,
                Result.LeaseTimeToLive _,
                Result.LeaseLeases _,
                Result.Done _,
                Result.Failed _ ->
                throw notOfAnOperation(response);
          };
      sizes[slot] = size;
      return size;
    }

    int next() {
      return sizes[position++];
    }
  }
}
