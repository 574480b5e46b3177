/**
 * The side-by-side runner: it starts Kvorum and etcd on fresh directories of this machine, loads
 * them in turns, and prints the ratios. Start with {@link dev.kvorum.loadtest.Main}; what is
 * measured lives in {@code workload}, the servers in {@code server}, the client in {@code wire},
 * the kill -9 writer and verifier in {@code crash}.
 */
@NullMarked
package dev.kvorum.loadtest;

import org.jspecify.annotations.NullMarked;
