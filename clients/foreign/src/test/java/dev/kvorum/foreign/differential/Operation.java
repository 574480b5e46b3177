package dev.kvorum.foreign.differential;

import com.google.protobuf.Message;

/**
 * One call of a run.
 *
 * @param method service and method
 */
record Operation(String method, Message request) {
  static final String RANGE = "etcdserverpb.KV/Range";
  static final String PUT = "etcdserverpb.KV/Put";
  static final String DELETE_RANGE = "etcdserverpb.KV/DeleteRange";
  static final String TXN = "etcdserverpb.KV/Txn";
  static final String COMPACT = "etcdserverpb.KV/Compact";
  static final String LEASE_GRANT = "etcdserverpb.Lease/LeaseGrant";
  static final String LEASE_REVOKE = "etcdserverpb.Lease/LeaseRevoke";
  static final String LEASE_KEEP_ALIVE = "etcdserverpb.Lease/LeaseKeepAlive";
  static final String LEASE_TIME_TO_LIVE = "etcdserverpb.Lease/LeaseTimeToLive";
  static final String LEASE_LEASES = "etcdserverpb.Lease/LeaseLeases";
  static final String WATCH = "etcdserverpb.Watch/Watch";
  static final String HASH_KV = "etcdserverpb.Maintenance/HashKV";

  @Override
  public String toString() {
    return method + "\n" + request;
  }
}
