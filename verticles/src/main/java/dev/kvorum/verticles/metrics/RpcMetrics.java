package dev.kvorum.verticles.metrics;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** gRPC calls from clients. */
public final class RpcMetrics {
  /** The names of the status codes, by number. */
  private static final List<String> CODES =
      List.of(
          "OK",
          "Canceled",
          "Unknown",
          "InvalidArgument",
          "DeadlineExceeded",
          "NotFound",
          "AlreadyExists",
          "PermissionDenied",
          "ResourceExhausted",
          "FailedPrecondition",
          "Aborted",
          "OutOfRange",
          "Unimplemented",
          "Internal",
          "Unavailable",
          "DataLoss",
          "Unauthenticated");

  private static final int UNKNOWN_CODE = 2;
  private static final String UNKNOWN_VERSION = "unknown";

  /** Clients choose the text of their version, so it must not grow our memory without bound. */
  private static final int MAX_CLIENT_VERSIONS = 64;

  /** What kind of call a method is; the name is the value of the label. */
  public enum Kind {
    UNARY("unary", "unary"),
    CLIENT_STREAM("client_stream", "stream"),
    SERVER_STREAM("server_stream", "stream"),
    BIDI_STREAM("bidi_stream", "stream");

    private final String title;
    private final String requestType;

    Kind(String title, String requestType) {
      this.title = title;
      this.requestType = requestType;
    }

    /** The kind of a method with these sides streaming. */
    public static Kind of(boolean clientStreams, boolean serverStreams) {
      if (clientStreams) {
        return serverStreams ? BIDI_STREAM : CLIENT_STREAM;
      }
      return serverStreams ? SERVER_STREAM : UNARY;
    }
  }

  private final Family<Counter> started;
  private final Family<Counter> received;
  private final Family<Counter> sent;
  private final Family<Counter> handled;
  private final @Nullable Family<Histogram> handling;
  private final Counter sentBytes;
  private final Counter receivedBytes;
  private final Family<Counter> clientRequests;
  private final Family<Counter> streamFailures;

  /** By the client's version, as every call asks for its counter. */
  private final Map<String, Counter> unaryRequests = new ConcurrentHashMap<>();

  private final Map<String, Counter> streamRequests = new ConcurrentHashMap<>();

  RpcMetrics(MetricRegistry registry, boolean extensive) {
    String[] labels = {"grpc_method", "grpc_service", "grpc_type"};
    started = registry.counters("grpc_server_started_total", "Calls begun.", labels);
    received = registry.counters("grpc_server_msg_received_total", "Messages received.", labels);
    sent = registry.counters("grpc_server_msg_sent_total", "Messages sent.", labels);
    handled =
        registry.counters(
            "grpc_server_handled_total",
            "Calls finished, by status code.",
            "grpc_code",
            "grpc_method",
            "grpc_service",
            "grpc_type");
    handling =
        extensive
            ? registry.histograms(
                "grpc_server_handling_seconds", "Time of a call.", Buckets.defaultSeconds(), labels)
            : null;
    sentBytes =
        registry.counter(
            "etcd_network_client_grpc_sent_bytes_total", "Bytes of answers to clients.");
    receivedBytes =
        registry.counter(
            "etcd_network_client_grpc_received_bytes_total", "Bytes of requests from clients.");
    clientRequests =
        registry.counters(
            "etcd_server_client_requests_total",
            "Calls, by the version that the client says it has.",
            "client_api_version",
            "type");
    clientRequests.with(UNKNOWN_VERSION, Kind.UNARY.requestType);
    streamFailures =
        registry.counters(
            "etcd_network_server_stream_failures_total",
            "Streams that failed while a message was received or sent.",
            "API",
            "Type");
  }

  /**
   * A stream ended because what its client sent could not be read. A client that goes away is no
   * failure.
   *
   * @param api {@code watch} or {@code lease-keepalive}
   */
  public void receiveFailed(String api) {
    streamFailures.with(api, "receive").increment();
  }

  /**
   * The series of one method, all at zero. Asked for once when the method is registered.
   *
   * @param service such as {@code etcdserverpb.KV}
   * @param method such as {@code Put}
   */
  public Method method(String service, String method, Kind kind) {
    return new Method(this, service, method, kind);
  }

  /** Bytes of messages, without frames. */
  public void sentBytes(long bytes) {
    sentBytes.add(bytes);
  }

  /** Bytes of messages, without frames. */
  public void receivedBytes(long bytes) {
    receivedBytes.add(bytes);
  }

  /**
   * A call came from a client.
   *
   * @param version the call's {@code client-api-version}, or null
   */
  public void clientRequest(Kind kind, @Nullable String version) {
    var shown = version == null || version.isEmpty() ? UNKNOWN_VERSION : version;
    var counters = kind == Kind.UNARY ? unaryRequests : streamRequests;
    var counter = counters.get(shown);
    if (counter == null) {
      counter =
          counters.computeIfAbsent(
              counters.size() < MAX_CLIENT_VERSIONS ? shown : UNKNOWN_VERSION,
              shownVersion -> clientRequests.with(shownVersion, kind.requestType));
    }
    counter.increment();
  }

  /** The calls of one method. */
  public static final class Method {
    private final Counter started;
    private final Counter received;
    private final Counter sent;
    private final Counter[] handled = new Counter[CODES.size()];
    private final @Nullable Histogram handling;

    private Method(RpcMetrics family, String service, String method, Kind kind) {
      started = family.started.with(method, service, kind.title);
      received = family.received.with(method, service, kind.title);
      sent = family.sent.with(method, service, kind.title);
      for (var code = 0; code < handled.length; code++) {
        handled[code] = family.handled.with(CODES.get(code), method, service, kind.title);
      }
      handling = family.handling == null ? null : family.handling.with(method, service, kind.title);
    }

    public void started() {
      started.increment();
    }

    public void received() {
      received.increment();
    }

    public void sent() {
      sent.increment();
    }

    /**
     * A call ended.
     *
     * @param code the status code's number
     * @param nanos since it began
     */
    public void finished(int code, long nanos) {
      handled[code >= 0 && code < handled.length ? code : UNKNOWN_CODE].increment();
      if (handling != null) {
        handling.observe(nanos);
      }
    }
  }
}
