package dev.kvorum.grpc;

/**
 * One method of the API.
 *
 * @param service the service's full name, such as {@code etcdserverpb.KV}
 * @param name the method's name in it
 * @param shape how many messages go each way
 * @param index the method's position in {@link RpcMethods#ALL}, so that whoever keeps something a
 *     method can keep it in an array
 */
public record RpcMethod(String service, String name, Shape shape, int index) {
  /** How many messages go each way; the label is what metrics show. */
  public enum Shape {
    UNARY("unary"),
    SERVER_STREAM("server_stream"),
    BIDIRECTIONAL("bidi_stream");

    private final String label;

    Shape(String label) {
      this.label = label;
    }

    public String label() {
      return label;
    }
  }

  /** The path of requests: {@code /service/name}. */
  public String path() {
    return "/" + service + "/" + name;
  }
}
