package dev.kvorum.grpc;

import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServerOptions;
import java.time.Duration;

/**
 * What one client may ask of this edge. One node's own; nothing here may change while it runs.
 *
 * @param maxRequestBytes {@code --max-request-bytes}: the largest proposal, in bytes
 * @param maxConcurrentStreams {@code --max-concurrent-streams}: open calls a connection, at most
 *     2^32 - 1
 * @param maxHeaderBytes the size of all header fields of a request together
 * @param keepAliveMinTime {@code --grpc-keepalive-min-time}: how long a client waits between pings
 * @param keepAliveInterval {@code --grpc-keepalive-interval}: after this much silence the server
 *     pings; zero never
 * @param keepAliveTimeout {@code --grpc-keepalive-timeout}: how long it waits for the answer; zero
 *     forever
 * @param leaderInterval how long after one look for a leader comes the next; the election timeout
 */
public record GrpcLimits(
    int maxRequestBytes,
    long maxConcurrentStreams,
    int maxHeaderBytes,
    Duration keepAliveMinTime,
    Duration keepAliveInterval,
    Duration keepAliveTimeout,
    Duration leaderInterval) {
  /** The flags' defaults. */
  public static final GrpcLimits DEFAULT =
      new GrpcLimits(
          1_572_864,
          0xffff_ffffL,
          256 * 1024,
          Duration.ofSeconds(5),
          Duration.ofHours(2),
          Duration.ofSeconds(20),
          Duration.ofSeconds(1));

  /** What a message may be larger than a proposal (contract S21.1). */
  private static final int MESSAGE_ALLOWANCE_BYTES = 512 * 1024;

  /** A message of the default largest size fits without a round trip for credit. */
  private static final int STREAM_WINDOW_BYTES = 1024 * 1024;

  private static final int CONNECTION_WINDOW_BYTES = 16 * 1024 * 1024;

  /**
   * Said instead of "unlimited". Vert.x leaves an unlimited setting out, and then the connection
   * falls back on a hundred.
   */
  private static final long MANY_STREAMS = Integer.MAX_VALUE;

  /**
   * Calls may be canceled without a limit. Netty would close a connection with all its watches for
   * two hundred in half a minute, by either side; etcd never does, and a client whose deadlines
   * pass in numbers does nothing else. What a canceled call cost is bounded as that of any other:
   * by the ledger and by the backlog.
   */
  private static final int UNLIMITED_RESETS = 0;

  public GrpcLimits {
    if (maxRequestBytes < 0 || maxRequestBytes > Integer.MAX_VALUE - MESSAGE_ALLOWANCE_BYTES) {
      throw new IllegalArgumentException("max request bytes " + maxRequestBytes);
    }
    if (maxConcurrentStreams < 1 || maxConcurrentStreams > 0xffff_ffffL) {
      throw new IllegalArgumentException("max concurrent streams " + maxConcurrentStreams);
    }
  }

  /** The largest message that is read, in bytes without its framing. */
  public int maxMessageBytes() {
    return maxRequestBytes + MESSAGE_ALLOWANCE_BYTES;
  }

  /** Options for a listener that serves gRPC and HTTP; host, port and TLS are the caller's. */
  public HttpServerOptions serverOptions() {
    var settings =
        new Http2Settings()
            .setMaxConcurrentStreams(Math.min(maxConcurrentStreams, MANY_STREAMS))
            .setInitialWindowSize(STREAM_WINDOW_BYTES)
            .setMaxHeaderListSize(maxHeaderBytes);
    return new HttpServerOptions()
        .setInitialSettings(settings)
        .setHttp2ConnectionWindowSize(CONNECTION_WINDOW_BYTES)
        .setMaxHeaderSize(maxHeaderBytes)
        .setHttp2RstFloodMaxRstFramePerWindow(UNLIMITED_RESETS);
  }
}
