package dev.kvorum.storage.model;

import java.util.List;

/**
 * What a client, or the server itself, asks of the store. The records mirror the request messages
 * of the API field by field; nothing is checked yet, so any value that the wire can carry is legal
 * here. Enumerations stay the numbers of the wire, because an unknown number has an answer of its
 * own in the contract.
 */
public sealed interface Command {
  /** {@code sort_order} of a range. */
  int SORT_NONE = 0;

  int SORT_ASCEND = 1;
  int SORT_DESCEND = 2;

  /** {@code sort_target} of a range. */
  int TARGET_KEY = 0;

  int TARGET_VERSION = 1;
  int TARGET_CREATE = 2;
  int TARGET_MOD = 3;
  int TARGET_VALUE = 4;

  /** Contract S2, and S3 when it is asked for as a stream. */
  record Range(
      Bytes key,
      Bytes rangeEnd,
      long limit,
      long revision,
      int sortOrder,
      int sortTarget,
      boolean serializable,
      boolean keysOnly,
      boolean countOnly,
      long minModRevision,
      long maxModRevision,
      long minCreateRevision,
      long maxCreateRevision)
      implements Command, TxnOp {}

  /** Contract S4. */
  record Put(
      Bytes key, Bytes value, long lease, boolean prevKv, boolean ignoreValue, boolean ignoreLease)
      implements Command, TxnOp {}

  /** Contract S5. */
  record DeleteRange(Bytes key, Bytes rangeEnd, boolean prevKv) implements Command, TxnOp {}

  /** Contract S6. */
  record Txn(List<Compare> compares, List<TxnOp> success, List<TxnOp> failure)
      implements Command, TxnOp {
    public Txn {
      compares = List.copyOf(compares);
      success = List.copyOf(success);
      failure = List.copyOf(failure);
    }
  }

  /** Contract S7. */
  record Compact(long revision, boolean physical) implements Command {}

  /**
   * Contract S17.2.
   *
   * @param action the wire's {@code AlarmAction}: 0 get, 1 activate, 2 deactivate
   * @param alarm the wire's {@code AlarmType}: 0 none, 1 no space, 2 corrupt
   */
  record Alarm(int action, long memberId, int alarm) implements Command {
    public static final int GET = 0;
    public static final int ACTIVATE = 1;
    public static final int DEACTIVATE = 2;
    public static final int NONE = 0;
    public static final int NOSPACE = 1;
    public static final int CORRUPT = 2;
  }

  /** A member's own name and client URLs, published by itself after start (contract S14.7). */
  record PublishMember(long memberId, String name, List<String> clientUrls) implements Command {
    public PublishMember {
      clientUrls = List.copyOf(clientUrls);
    }
  }

  /** The version of the API that the whole cluster speaks, such as {@code 3.7.0} (S16.2). */
  record SetClusterVersion(String version) implements Command {}

  /**
   * Contract S10.1. As a log entry it is complete: the id is chosen and the time is not below the
   * minimum.
   *
   * @param clientChoseId so that the id may be that of a lease before; only an entry says so, and
   *     none of an older release: what an entry means must not depend on who applies it
   */
  record LeaseGrant(long id, long ttlSeconds, boolean clientChoseId) implements Command {
    /** Contract S10.1. */
    public static final long MAX_TTL_SECONDS = 9_000_000_000L;

    /** As a client asks, or with an id that the server chose. */
    public LeaseGrant(long id, long ttlSeconds) {
      this(id, ttlSeconds, false);
    }
  }

  /** Contract S10.3: the lease goes and all its keys with it, in one revision. */
  record LeaseRevoke(long id) implements Command {}

  /**
   * Leases that ran out on the leader (contract S10.4), each revoked in a revision of its own.
   *
   * @param term the term in which the leader saw them run out; an entry of another term does
   *     nothing, because a later leader has given them their time again
   * @param grantedBefore leases that were granted by an entry of this index or above are not meant,
   *     but leases of the same ids that were revoked since: the leader had not heard of it; 0 in
   *     entries of older releases, which do not say
   */
  record LeaseExpire(long term, List<Long> ids, long grantedBefore) implements Command {
    public LeaseExpire {
      ids = List.copyOf(ids);
    }
  }

  /**
   * Contract S10.11: what remains of long leases, 0 for all of it.
   *
   * @param term the term in which the leader saw so much remain; an entry of another term does
   *     nothing, because a later leader may have renewed the leases; 0 in entries of older
   *     releases, which mean any term
   * @param grantedBefore as in {@link LeaseExpire}
   */
  record LeaseCheckpoint(long term, List<Remaining> leases, long grantedBefore) implements Command {
    public LeaseCheckpoint {
      leases = List.copyOf(leases);
    }

    /** What remains of one lease. */
    public record Remaining(long id, long seconds) {}
  }

  /** One operation inside a transaction. */
  sealed interface TxnOp permits Range, Put, DeleteRange, Txn, MissingOp {}

  /** A transaction's operation in which the client set nothing (contract S6.1). */
  record MissingOp() implements TxnOp {}

  /**
   * A condition of a transaction (contract S6.2).
   *
   * @param result the wire's {@code CompareResult}: 0 equal, 1 greater, 2 less, 3 not equal
   * @param target the wire's {@code CompareTarget}: 0 version, 1 create, 2 mod, 3 value, 4 lease
   * @param operand the number to compare with, 0 when the member for the target is not the set one
   * @param value the value to compare with, empty when {@code value} is not the set member
   */
  record Compare(int result, int target, Bytes key, Bytes rangeEnd, long operand, Bytes value) {
    public static final int EQUAL = 0;
    public static final int GREATER = 1;
    public static final int LESS = 2;
    public static final int NOT_EQUAL = 3;
    public static final int VERSION = 0;
    public static final int CREATE = 1;
    public static final int MOD = 2;
    public static final int VALUE = 3;
    public static final int LEASE = 4;
  }
}
