package dev.kvorum.loadtest.workload;

import dev.kvorum.api.etcdserverpb.LeaseGrantRequest;
import dev.kvorum.api.etcdserverpb.LeaseKeepAliveRequest;
import dev.kvorum.loadtest.wire.Methods;

/** Renewals of one lease, some on each stream. */
final class LeaseKeepAliveWorkload implements LoadWorkload {
  private static final String METHOD = "etcdserverpb.Lease/LeaseKeepAlive";
  private static final long TTL_SECONDS = 1_000_000;

  private final String name;
  private final int renewalsPerStream;

  /**
   * @param renewalsPerStream 1 is what {@code etcdctl lease keep-alive --once} does; a client that
   *     stays has many
   */
  LeaseKeepAliveWorkload(String name, int renewalsPerStream) {
    this.name = name;
    this.renewalsPerStream = renewalsPerStream;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String method() {
    return METHOD;
  }

  @Override
  public LeaseKeepAliveRequest request(int key, Settings settings) {
    return LeaseKeepAliveRequest.newBuilder().setID(key + 1L).build();
  }

  @Override
  public int operationsPerRequest() {
    return renewalsPerStream;
  }

  @Override
  public long effects(Target target) throws VoidRunException, InterruptedException {
    return (long) target.metric("etcd_debugging_lease_renewed_total");
  }

  @Override
  public int effectsPerRequest() {
    return renewalsPerStream;
  }

  @Override
  public void prepare(Target target, Settings settings)
      throws VoidRunException, InterruptedException {
    for (long id = 1; id <= settings.keys(); id++) {
      target.ask(
          Methods.LEASE_GRANT,
          LeaseGrantRequest.newBuilder().setID(id).setTTL(TTL_SECONDS).build());
    }
  }
}
