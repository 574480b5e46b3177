package dev.kvorum.foreign.differential;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.CompactionRequest;
import dev.kvorum.api.etcdserverpb.Compare;
import dev.kvorum.api.etcdserverpb.DeleteRangeRequest;
import dev.kvorum.api.etcdserverpb.LeaseGrantRequest;
import dev.kvorum.api.etcdserverpb.LeaseKeepAliveRequest;
import dev.kvorum.api.etcdserverpb.LeaseLeasesRequest;
import dev.kvorum.api.etcdserverpb.LeaseRevokeRequest;
import dev.kvorum.api.etcdserverpb.LeaseTimeToLiveRequest;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.api.etcdserverpb.RequestOp;
import dev.kvorum.api.etcdserverpb.TxnRequest;
import dev.kvorum.api.etcdserverpb.WatchCancelRequest;
import dev.kvorum.api.etcdserverpb.WatchCreateRequest;
import dev.kvorum.api.etcdserverpb.WatchRequest;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/**
 * Random operations of the key-value API with all options, about a quarter of them errors, over so
 * few keys that they keep meeting each other.
 *
 * <p>The same seed and the same positions give the same operations. Never sent, because the etcd to
 * compare with cannot answer them as the contract says; recordings of a newer etcd cover them:
 *
 * <ul>
 *   <li>sort orders and targets outside their enums: etcd 3.5 crashes on some of them;
 *   <li>RangeStream: etcd 3.5 does not have it;
 *   <li>a range_end that is present and empty: etcd 3.5 takes it for an open end;
 *   <li>a transaction that deletes everything from a key on and then puts one of the deleted keys
 *       with ignore_value or ignore_lease: it passes etcd's checks, and etcd crashes executing it;
 *   <li>a lease that runs out, or whose id the server chooses: the moment and the id are each
 *       server's own;
 *   <li>a compaction at revision 0: etcd 3.7.1 takes the hash of nothing that belongs to it for the
 *       answer to HashKV of the present, as recorded;
 *   <li>a watch from a negative revision: etcd 3.5 takes it for one from now on;
 *   <li>a watch from the compacted revision itself, which is still allowed: etcd 3.5.1 has lost the
 *       deletions of that revision by then.
 * </ul>
 */
final class OperationGenerator {
  private static final int MOST_TXN_DEPTH = 3;

  /** One more than the servers' default of --max-txn-ops. */
  private static final int TOO_MANY_OPERATIONS = 129;

  /** A range end of one zero byte stands for no end. */
  private static final ByteString OPEN_END = ByteString.copyFrom(new byte[1]);

  /** Leases with ids of both signs; a few more are asked for than are ever granted. */
  private static final long[] LEASES = {1, 2, 3, -1, Long.MAX_VALUE, Long.MIN_VALUE};

  private static final long SHORTEST_TTL_SECONDS = 100_000;

  /** More is refused (contract S10.1). */
  private static final long LONGEST_TTL_SECONDS = 9_000_000_000L;

  private static final long WATCH_IDS = 40;

  private final SplittableRandom random;
  private final boolean watches;

  /** Bytes that keys are made of: neighbours, both ends of the order, and a separator. */
  private static final byte[] KEY_BYTES = {'a', 'b', '/', 0, (byte) 0xff};

  /** How many of {@link #KEY_BYTES} this seed uses, and how long its keys are at most. */
  private final int keyBytes;

  private final int keySize;

  /**
   * @param watches whether watches are created and cancelled, too
   */
  OperationGenerator(long seed, boolean watches) {
    this.random = new SplittableRandom(seed);
    this.watches = watches;
    this.keyBytes = 2 + random.nextInt(KEY_BYTES.length - 1);
    this.keySize = 1 + random.nextInt(3);
  }

  /** The next operation for a store that stands at {@code position}. */
  Operation next(Position position) {
    if (watches && oneIn(25)) {
      return new Operation(Operation.WATCH, watch(position));
    }
    int dice = random.nextInt(1000);
    if (dice < 270) {
      return new Operation(Operation.RANGE, range(position));
    }
    if (dice < 330) {
      return lease();
    }
    if (dice < 600) {
      return new Operation(Operation.PUT, put());
    }
    if (dice < 680) {
      return new Operation(Operation.DELETE_RANGE, deleteRange());
    }
    if (dice < 988) {
      return new Operation(Operation.TXN, harmlessTxn(position));
    }
    return new Operation(Operation.COMPACT, compact(position));
  }

  /**
   * A revision whose hash both servers can be asked for: above the compaction, not in the future.
   */
  long hashableRevision(Position position) {
    return position.compactRevision() >= position.revision()
        ? 0
        : random.nextLong(position.compactRevision() + 1, position.revision() + 1);
  }

  private Operation lease() {
    long id = leaseId();
    return switch (random.nextInt(8)) {
      case 0, 1, 2 ->
          new Operation(
              Operation.LEASE_GRANT,
              LeaseGrantRequest.newBuilder().setID(id).setTTL(ttlSeconds()).build());
      case 3 ->
          new Operation(Operation.LEASE_REVOKE, LeaseRevokeRequest.newBuilder().setID(id).build());
      case 4 ->
          new Operation(
              Operation.LEASE_KEEP_ALIVE, LeaseKeepAliveRequest.newBuilder().setID(id).build());
      case 5 -> new Operation(Operation.LEASE_LEASES, LeaseLeasesRequest.getDefaultInstance());
      default ->
          new Operation(
              Operation.LEASE_TIME_TO_LIVE,
              LeaseTimeToLiveRequest.newBuilder().setID(id).setKeys(!oneIn(3)).build());
    };
  }

  private long leaseId() {
    return LEASES[random.nextInt(LEASES.length)];
  }

  private long ttlSeconds() {
    return switch (random.nextInt(10)) {
      case 0 -> LONGEST_TTL_SECONDS;
      case 1 -> LONGEST_TTL_SECONDS + 1;
      default -> SHORTEST_TTL_SECONDS + random.nextInt(1_000);
    };
  }

  private WatchRequest watch(Position position) {
    if (oneIn(4)) {
      return WatchRequest.newBuilder()
          .setCancelRequest(
              WatchCancelRequest.newBuilder().setWatchId(1 + random.nextLong(WATCH_IDS)))
          .build();
    }
    WatchCreateRequest.Builder create =
        WatchCreateRequest.newBuilder()
            .setWatchId(1 + random.nextLong(WATCH_IDS))
            .setKey(key())
            .setRangeEnd(rangeEnd())
            .setPrevKv(oneIn(2))
            .setFragment(oneIn(4));
    if (oneIn(2)) {
      long start = Math.max(0, revision(position));
      create.setStartRevision(start == position.compactRevision() ? start + 1 : start);
    }
    if (oneIn(6)) {
      create.addFilters(WatchCreateRequest.FilterType.NOPUT);
    }
    if (oneIn(6)) {
      create.addFilters(WatchCreateRequest.FilterType.NODELETE);
    }
    return WatchRequest.newBuilder().setCreateRequest(create).build();
  }

  private RangeRequest range(Position position) {
    RangeRequest.Builder range =
        RangeRequest.newBuilder()
            .setKey(key())
            .setRangeEnd(rangeEnd())
            .setSerializable(oneIn(3))
            .setKeysOnly(oneIn(6))
            .setCountOnly(oneIn(8));
    if (oneIn(3)) {
      range.setLimit(random.nextInt(-1, 6));
    }
    if (oneIn(3)) {
      range.setRevision(revision(position));
    }
    if (oneIn(2)) {
      range.setSortOrderValue(random.nextInt(3)).setSortTargetValue(random.nextInt(5));
    }
    if (oneIn(8)) {
      range.setMinModRevision(revision(position));
    }
    if (oneIn(8)) {
      range.setMaxModRevision(revision(position));
    }
    if (oneIn(8)) {
      range.setMinCreateRevision(revision(position));
    }
    if (oneIn(8)) {
      range.setMaxCreateRevision(revision(position));
    }
    return range.build();
  }

  private PutRequest put() {
    PutRequest.Builder put =
        PutRequest.newBuilder().setKey(key()).setValue(value()).setPrevKv(oneIn(3));
    if (oneIn(8)) {
      put.setIgnoreValue(true);
      if (!oneIn(4)) {
        put.clearValue();
      }
    }
    if (oneIn(12)) {
      put.setIgnoreLease(true);
    }
    if (oneIn(5)) {
      put.setLease(oneIn(20) ? 4711 : leaseId());
    }
    return put.build();
  }

  private DeleteRangeRequest deleteRange() {
    return DeleteRangeRequest.newBuilder()
        .setKey(key())
        .setRangeEnd(rangeEnd())
        .setPrevKv(oneIn(2))
        .build();
  }

  private TxnRequest harmlessTxn(Position position) {
    TxnRequest txn;
    do {
      txn = txn(position, 1);
    } while (Transactions.any(txn, OperationGenerator::isDeleteToTheEnd)
        && Transactions.any(txn, OperationGenerator::needsTheOldRecord));
    return txn;
  }

  private static boolean isDeleteToTheEnd(RequestOp operation) {
    return operation.getRequestDeleteRange().getRangeEnd().equals(OPEN_END);
  }

  private static boolean needsTheOldRecord(RequestOp operation) {
    return operation.getRequestPut().getIgnoreValue() || operation.getRequestPut().getIgnoreLease();
  }

  private TxnRequest txn(Position position, int depth) {
    TxnRequest.Builder txn = TxnRequest.newBuilder();
    for (int compares = random.nextInt(4); compares > 1; compares--) {
      txn.addCompare(compare(position));
    }
    int operations = oneIn(400) ? TOO_MANY_OPERATIONS : random.nextInt(5);
    boolean readOnly = oneIn(4);
    for (int operation = 0; operation < operations; operation++) {
      if (oneIn(3)) {
        txn.addFailure(operation(position, depth, readOnly));
      } else {
        txn.addSuccess(operation(position, depth, readOnly));
      }
    }
    return txn.build();
  }

  private RequestOp operation(Position position, int depth, boolean readOnly) {
    RequestOp.Builder operation = RequestOp.newBuilder();
    int dice = random.nextInt(100);
    if (dice == 0) {
      return operation.build();
    }
    if (readOnly || dice < 35) {
      return operation.setRequestRange(range(position)).build();
    }
    if (dice < 70) {
      return operation.setRequestPut(put()).build();
    }
    if (dice < 85 || depth >= MOST_TXN_DEPTH) {
      return operation.setRequestDeleteRange(deleteRange()).build();
    }
    return operation.setRequestTxn(txn(position, depth + 1)).build();
  }

  private Compare compare(Position position) {
    Compare.Builder compare =
        Compare.newBuilder()
            .setKey(key())
            .setResultValue(random.nextInt(4))
            .setTargetValue(random.nextInt(5));
    if (oneIn(4)) {
      compare.setRangeEnd(rangeEnd());
    }
    // Now and then the operand belongs to another target, or there is none.
    int operand = oneIn(10) ? random.nextInt(6) : compare.getTargetValue();
    switch (operand) {
      case Compare.CompareTarget.VERSION_VALUE -> compare.setVersion(random.nextInt(4));
      case Compare.CompareTarget.CREATE_VALUE -> compare.setCreateRevision(revision(position));
      case Compare.CompareTarget.MOD_VALUE -> compare.setModRevision(revision(position));
      case Compare.CompareTarget.VALUE_VALUE -> compare.setValue(value());
      case Compare.CompareTarget.LEASE_VALUE -> compare.setLease(oneIn(2) ? 0 : leaseId());
      default -> {
        // No operand at all.
      }
    }
    return compare.build();
  }

  private CompactionRequest compact(Position position) {
    long revision =
        oneIn(3)
            ? revision(position)
            : position.compactRevision()
                + random.nextLong(position.revision() - position.compactRevision() + 1);
    return CompactionRequest.newBuilder()
        .setRevision(revision == 0 ? 1 : revision)
        .setPhysical(oneIn(2))
        .build();
  }

  /** Mostly one that can be read; also compacted, future, zero and negative ones. */
  private long revision(Position position) {
    return switch (random.nextInt(12)) {
      case 0 -> random.nextInt(-2, 1);
      case 1 -> position.revision() + random.nextInt(1, 4);
      case 2 -> position.compactRevision() + random.nextInt(-3, 4);
      case 3 -> position.revision();
      default -> Math.max(position.compactRevision(), position.revision() - random.nextInt(40));
    };
  }

  private ByteString key() {
    return oneIn(50) ? ByteString.EMPTY : nonEmptyKey();
  }

  private ByteString nonEmptyKey() {
    byte[] key = new byte[1 + random.nextInt(keySize)];
    for (int index = 0; index < key.length; index++) {
      key[index] = KEY_BYTES[random.nextInt(keyBytes)];
    }
    return ByteString.copyFrom(key);
  }

  private ByteString rangeEnd() {
    return switch (random.nextInt(6)) {
      case 0 -> OPEN_END;
      case 1, 2 -> nonEmptyKey();
      default -> ByteString.EMPTY;
    };
  }

  private ByteString value() {
    if (oneIn(12)) {
      return ByteString.EMPTY;
    }
    String text = "v" + random.nextInt(30);
    return ByteString.copyFrom(
        oneIn(40) ? text.repeat(random.nextInt(800)) : text, StandardCharsets.UTF_8);
  }

  private boolean oneIn(int count) {
    return random.nextInt(count) == 0;
  }
}
