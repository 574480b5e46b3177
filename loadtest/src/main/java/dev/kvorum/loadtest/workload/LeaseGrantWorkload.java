package dev.kvorum.loadtest.workload;

import dev.kvorum.api.etcdserverpb.LeaseGrantRequest;
import dev.kvorum.loadtest.wire.Methods;

/** Grants of leases that live on: each goes through the log and stays. */
final class LeaseGrantWorkload implements LoadWorkload {
  private static final long TTL_SECONDS = 1_000_000;

  private final String name;

  LeaseGrantWorkload(String name) {
    this.name = name;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String method() {
    return Methods.LEASE_GRANT.name();
  }

  @Override
  public LeaseGrantRequest request(int key, Settings settings) {
    return LeaseGrantRequest.newBuilder().setTTL(TTL_SECONDS).build();
  }

  @Override
  public long effects(Target target) throws VoidRunException, InterruptedException {
    return (long) target.metric("etcd_debugging_lease_granted_total");
  }

  @Override
  public int effectsPerRequest() {
    return 1;
  }

  @Override
  public void prepare(Target target, Settings settings) {
    // The server chooses the ids.
  }
}
