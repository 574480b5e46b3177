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
 * @param grantIndex where in the log the lease was granted under an id that its client chose, which
 *     {@code leasepb.Lease} does not say; 0 if the server chose it, or the entry does not say
 */
public record LeaseRecord(long id, long ttlSeconds, long remainingSeconds, long grantIndex) {
  private static final int ID = 1;
  private static final int TTL = 2;
  private static final int REMAINING_TTL = 3;

  /** Far from the numbers that the message may come to use. */
  private static final int GRANT_INDEX = 100;

  /** Where the lease stands in the bucket. */
  public static Bytes key(long id) {
    return Bytes.wrap(ByteBuffer.allocate(Long.BYTES).putLong(id).array());
  }

  public Bytes encode() {
    return new ProtoWriter(16)
        .varintField(ID, id)
        .varintField(TTL, ttlSeconds)
        .varintField(REMAINING_TTL, remainingSeconds)
        .varintField(GRANT_INDEX, grantIndex)
        .toBytes()
        .compact();
  }

  /** Reads a value of the bucket. */
  public static LeaseRecord decode(Bytes value) throws MalformedProto {
    var id = 0L;
    var ttlSeconds = 0L;
    var remainingSeconds = 0L;
    var grantIndex = 0L;
    var reader = new ProtoReader(value);
    for (var tag = reader.next(); tag != 0; tag = reader.next()) {
      switch (tag) {
        case ID << 3 -> id = reader.varint();
        case TTL << 3 -> ttlSeconds = reader.varint();
        case REMAINING_TTL << 3 -> remainingSeconds = reader.varint();
        case GRANT_INDEX << 3 -> grantIndex = reader.varint();
        default -> reader.skip(tag);
      }
    }
    return new LeaseRecord(id, ttlSeconds, remainingSeconds, grantIndex);
  }
}
