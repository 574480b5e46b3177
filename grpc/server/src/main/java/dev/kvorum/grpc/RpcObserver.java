package dev.kvorum.grpc;

/**
 * Counts calls. Called on the front-end loops, from several at once when there are several, and
 * must return at once. Every {@code started} is followed by exactly one {@code handled}. Calls that
 * name no known method are not seen.
 */
public interface RpcObserver {
  /** What a client that does not name its API version is counted as. */
  String UNKNOWN_API_VERSION = "unknown";

  /** Counts nothing. */
  RpcObserver NONE =
      new RpcObserver() {
        @Override
        public void started(RpcMethod method, String clientApiVersion) {}

        @Override
        public void messageReceived(RpcMethod method, int sizeBytes) {}

        @Override
        public void messageSent(RpcMethod method, int sizeBytes) {}

        @Override
        public void receiveFailed(RpcMethod method) {}

        @Override
        public void handled(RpcMethod method, GrpcCode code, long elapsedNanos) {}
      };

  /**
   * A call began.
   *
   * @param clientApiVersion what the client says in {@code client-api-version}, or {@link
   *     #UNKNOWN_API_VERSION}; text from a stranger
   */
  void started(RpcMethod method, String clientApiVersion);

  /** A whole message arrived; the size is without the five bytes of framing. */
  void messageReceived(RpcMethod method, int sizeBytes);

  /** A message was handed to the transport; the size is without the five bytes of framing. */
  void messageSent(RpcMethod method, int sizeBytes);

  /** What the client of a stream sent is no message of the method; the call ends. */
  void receiveFailed(RpcMethod method);

  /** The call ended, by an answer, by its deadline or because the client left. */
  void handled(RpcMethod method, GrpcCode code, long elapsedNanos);
}
