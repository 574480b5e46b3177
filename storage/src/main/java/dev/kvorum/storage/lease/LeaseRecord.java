package dev.kvorum.storage.lease;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.model.ProtoReader;
import dev.kvorum.storage.model.ProtoWriter;
import java.nio.ByteBuffer;

/**
 * A lease in bucket LEASE (contract S10.13): the key is its id in eight bytes, big-endian, and the
 * value a {@code leasepb.Lease}. Attachments are not written; the key records name their leases.
 *
 * @param remainingSeconds what the last checkpoint said, 0 without one
 */
public record LeaseRecord(long id, long ttlSeconds, long remainingSeconds) {
  private static final int ID = 1;
  private static final int TTL = 2;
  private static final int REMAINING_TTL = 3;

  /** Where the lease stands in the bucket. */
  public static Bytes key(long id) {
    return Bytes.wrap(ByteBuffer.allocate(Long.BYTES).putLong(id).array());
  }

  public Bytes encode() {
    return new ProtoWriter(16)
        .varintField(ID, id)
        .varintField(TTL, ttlSeconds)
        .varintField(REMAINING_TTL, remainingSeconds)
        .toBytes()
        .compact();
  }

  /** Reads a value of the bucket. */
  public static LeaseRecord decode(Bytes value) throws MalformedProto {
    var id = 0L;
    var ttlSeconds = 0L;
    var remainingSeconds = 0L;
    var reader = new ProtoReader(value);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case ID << 3 -> id = reader.varint();
        case TTL << 3 -> ttlSeconds = reader.varint();
        case REMAINING_TTL << 3 -> remainingSeconds = reader.varint();
        default -> reader.skip(tag);
      }
    }
    return new LeaseRecord(id, ttlSeconds, remainingSeconds);
  }
}
