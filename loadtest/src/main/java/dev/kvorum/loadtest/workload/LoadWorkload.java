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

  /** How many operations one request is: its message is sent so many times in one call. */
  default int operationsPerRequest() {
    return 1;
  }

  /** A count that the server keeps of what took effect: its revision, for writes and reads. */
  default long effects(Target target) throws VoidRunException, InterruptedException {
    return target.revision();
  }

  /** How much one acknowledged request raises {@link #effects}: 1 for a write, 0 for a read. */
  int effectsPerRequest();

  /** Writes what the requests need to find. */
  void prepare(Target target, Settings settings) throws VoidRunException, InterruptedException;
}
