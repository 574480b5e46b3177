package dev.kvorum.verticles.metrics;

/** What happened to leases. */
public final class LeaseMetrics {
  private final Counter granted;
  private final Counter revoked;
  private final Counter renewed;
  private final Counter expired;
  private final Histogram ttls;

  LeaseMetrics(MetricRegistry registry) {
    granted = registry.counter("etcd_debugging_lease_granted_total", "Leases granted.");
    revoked = registry.counter("etcd_debugging_lease_revoked_total", "Leases revoked.");
    renewed =
        registry.counter("etcd_debugging_lease_renewed_total", "Renewals that the leader made.");
    expired =
        registry.counter(
            "etcd_debugging_server_lease_expired_total", "Leases that ran out on the leader.");
    ttls =
        registry.histogram(
            "etcd_debugging_lease_ttl_total",
            "Seconds for which leases were granted.",
            Buckets.doublingWholeSeconds(24));
  }

  /** A lease was granted; the log said so. */
  public void granted(long ttlSeconds) {
    granted.increment();
    ttls.observe(ttlSeconds);
  }

  public void revoked() {
    revoked.increment();
  }

  public void renewed() {
    renewed.increment();
  }

  /** So many leases ran out. */
  public void expired(long count) {
    expired.add(count);
  }
}
