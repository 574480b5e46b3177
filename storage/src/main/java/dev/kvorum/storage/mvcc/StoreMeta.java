package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.model.ProtoReader;
import dev.kvorum.storage.model.ProtoWriter;

/**
 * What the backend keeps about the store beside its records, written under {@link #KEY} of bucket
 * META in the same transaction as the records that it speaks of.
 *
 * @param appliedIndex the last log entry whose effects are in the backend
 * @param appliedTerm the term of that entry
 * @param revision the store's main revision there
 * @param compactRevision the last compaction that was accepted, -1 before the first
 * @param finishedCompactRevision the last compaction whose records are all removed
 * @param allocatedBytes see {@link StoreSizes}
 * @param inUseBytes see {@link StoreSizes}
 * @param stateHash see {@link MvccStore#stateHash()}
 */
public record StoreMeta(
    long appliedIndex,
    long appliedTerm,
    long revision,
    long compactRevision,
    long finishedCompactRevision,
    long allocatedBytes,
    long inUseBytes,
    long stateHash) {
  /** Where it stands in bucket META. */
  public static final Bytes KEY = Bytes.utf8("store");

  private static final int FORMAT = 1;

  /** One byte format, then the fields in order as varints; -1 revisions are shifted to 0. */
  public Bytes encode() {
    return new ProtoWriter(48)
        .varint(FORMAT)
        .varint(appliedIndex)
        .varint(appliedTerm)
        .varint(revision)
        .varint(compactRevision + 1)
        .varint(finishedCompactRevision + 1)
        .varint(allocatedBytes)
        .varint(inUseBytes)
        .varint(stateHash)
        .toBytes()
        .compact();
  }

  /** Throws {@link CorruptRecordException} for bytes that {@link #encode} did not make. */
  public static StoreMeta decode(Bytes bytes) {
    try {
      var reader = new ProtoReader(bytes);
      var format = reader.varint();
      if (format != FORMAT) {
        throw new CorruptRecordException("store meta has the unknown format " + format);
      }
      return new StoreMeta(
          reader.varint(),
          reader.varint(),
          reader.varint(),
          reader.varint() - 1,
          reader.varint() - 1,
          reader.varint(),
          reader.varint(),
          reader.varint());
    } catch (MalformedProto malformed) {
      throw new CorruptRecordException("store meta: " + malformed.getMessage());
    }
  }
}
