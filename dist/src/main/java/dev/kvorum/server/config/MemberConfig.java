package dev.kvorum.server.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is one node's own.
 *
 * @param name unique in the cluster
 * @param dataDirectory relative to the working directory unless absolute
 * @param walDirectory where the journal lives when it does not live in the data directory
 * @param listenClientUrls where gRPC and HTTP of clients are served
 * @param advertiseClientUrls what clients are told
 * @param listenPeerUrls where other members are heard
 * @param advertisePeerUrls what other members are told
 * @param clusterState found a cluster or join one; ignored by a node with data
 * @param maxConcurrentStreams HTTP/2 streams of one client connection, at most; 1 to 2^32-1
 * @param snapshotCount applied entries after which the log may be shortened; at least 1
 * @param watchProgressInterval how often idle watchers hear of progress, at least 100 ms
 * @param warnUnaryCall a unary call that takes longer is logged (contract S21.8)
 * @param warnApply an apply that takes longer is logged (contract S21.8)
 * @param syncing whether the disk is waited for; false only in tests that may lose everything (P20)
 * @param log where log lines go, and which
 */
public record MemberConfig(
    String name,
    Path dataDirectory,
    @Nullable Path walDirectory,
    List<Url> listenClientUrls,
    List<Url> advertiseClientUrls,
    List<Url> listenPeerUrls,
    List<Url> advertisePeerUrls,
    ClusterState clusterState,
    long maxConcurrentStreams,
    long snapshotCount,
    Duration watchProgressInterval,
    Duration warnUnaryCall,
    Duration warnApply,
    boolean syncing,
    LogConfig log) {

  /** Whether a node without data founds its cluster or joins one that runs. */
  public enum ClusterState {
    NEW,
    EXISTING
  }

  public MemberConfig {
    listenClientUrls = List.copyOf(listenClientUrls);
    advertiseClientUrls = List.copyOf(advertiseClientUrls);
    listenPeerUrls = List.copyOf(listenPeerUrls);
    advertisePeerUrls = List.copyOf(advertisePeerUrls);
  }
}
