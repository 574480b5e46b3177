package dev.kvorum.loadtest.workload;

import com.google.protobuf.Message;

/**
 * A load that consists of one request repeated, so that h2load can make it at next to no cost.
 *
 * <p>With several keys there is one request for each, numbered from 0.
 */
public interface LoadWorkload {
  /** The name on the command line and in reports. */
  String name();

  /** Service and method, as in {@code etcdserverpb.KV/Put}. */
  String method();

  /** The request that is repeated for the given key. */
  Message request(int key, Settings settings);

  /** How much one acknowledged request raises the store's revision: 1 for a write, else 0. */
  int revisionsPerRequest();

  /** Writes what the requests need to find. */
  void prepare(Target target, Settings settings) throws VoidRunException, InterruptedException;
}
