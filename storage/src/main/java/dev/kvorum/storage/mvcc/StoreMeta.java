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
 * @param stateHashHigh see {@link MvccStore#stateHashHigh()}; 0 at first in a store of format 1
 * @param stateHashLow see {@link MvccStore#stateHashLow()}
 */
public record StoreMeta(
    long appliedIndex,
    long appliedTerm,
    long revision,
    long compactRevision,
    long finishedCompactRevision,
    long allocatedBytes,
    long inUseBytes,
    long stateHashHigh,
    long stateHashLow) {
  /** Where it stands in bucket META. */
  public static final Bytes KEY = Bytes.utf8("store");

  /** Without the high half of the hash. */
  private static final int FORMAT_1 = 1;

  private static final int FORMAT = 2;

  /** One byte format, then the fields in order as varints; -1 revisions are shifted to 0. */
  public Bytes encode() {
    return new ProtoWriter(64)
        .varint(FORMAT)
        .varint(appliedIndex)
        .varint(appliedTerm)
        .varint(revision)
        .varint(compactRevision + 1)
        .varint(finishedCompactRevision + 1)
        .varint(allocatedBytes)
        .varint(inUseBytes)
        .varint(stateHashLow)
        .varint(stateHashHigh)
        .toBytes()
        .compact();
  }

  /** Throws {@link CorruptRecordException} for bytes that {@link #encode} did not make. */
  public static StoreMeta decode(Bytes bytes) {
    try {
      var reader = new ProtoReader(bytes);
      var format = reader.varint();
      if (format != FORMAT && format != FORMAT_1) {
        throw new CorruptRecordException("store meta has the unknown format " + format);
      }
      var appliedIndex = reader.varint();
      var appliedTerm = reader.varint();
      var revision = reader.varint();
      var compactRevision = reader.varint() - 1;
      var finishedCompactRevision = reader.varint() - 1;
      var allocatedBytes = reader.varint();
      var inUseBytes = reader.varint();
      var stateHashLow = reader.varint();
      return new StoreMeta(
          appliedIndex,
          appliedTerm,
          revision,
          compactRevision,
          finishedCompactRevision,
          allocatedBytes,
          inUseBytes,
          format == FORMAT_1 ? 0 : reader.varint(),
          stateHashLow);
    } catch (MalformedProto malformed) {
      throw new CorruptRecordException("store meta: " + malformed.getMessage());
    }
  }
}
