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
  static final String HASH_KV = "etcdserverpb.Maintenance/HashKV";

  @Override
  public String toString() {
    return method + "\n" + request;
  }
}
