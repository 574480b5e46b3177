package dev.kvorum.verticles.service;

/**
 * What one member accepts; how much of it at a time is the {@link Ledger}'s to say.
 *
 * @param maxTxnOps contract S6.1
 * @param maxRequestBytes of a log entry's request (contract S21.1)
 * @param quotaBytes the raw flag: 0 means the default, negative means none (contract S17.3)
 * @param requestTimeoutNanos how long a proposal or a linearizable read may take (contract S21.5)
 * @param minLeaseTtlSeconds what a shorter lease is raised to (contract S10.1)
 */
public record ServiceLimits(
    int maxTxnOps,
    long maxRequestBytes,
    long quotaBytes,
    long requestTimeoutNanos,
    long minLeaseTtlSeconds) {
  private static final long DEFAULT_QUOTA_BYTES = 2L << 30;

  /** Entries that may be committed and not applied before proposals are refused (S21.3). */
  public static final long MAX_BACKLOG = 5_000;

  /** The size that raises the alarm, or {@link Long#MAX_VALUE} when there is no quota. */
  public long effectiveQuotaBytes() {
    return quotaBytes < 0 ? Long.MAX_VALUE : reportedQuotaBytes();
  }

  /** What Status shows. */
  public long reportedQuotaBytes() {
    return quotaBytes == 0 ? DEFAULT_QUOTA_BYTES : quotaBytes;
  }
}
