package dev.kvorum.loadtest.watch;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.loadtest.wire.Methods;
import dev.kvorum.loadtest.wire.StreamConnection;
import dev.kvorum.loadtest.wire.StreamLoop;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/** Puts to one key over one connection; each value begins with the moment when it was sent. */
final class Puts implements StreamLoop.Listener {
  private final StreamConnection connection;
  private final ByteString key;
  private final byte[] value;
  private final Delays delays = new Delays();

  /** When the puts that are on their way were sent; answers come in any order, nearly in this. */
  private final ArrayDeque<Long> underWay = new ArrayDeque<>();

  private long sent;
  private long answered;

  Puts(StreamLoop loop, int port, ByteString key, int valueBytes) {
    this.connection = loop.connect(port, this);
    this.key = key;
    this.value = new byte[Math.max(Long.BYTES, valueBytes)];
  }

  void send() {
    long now = System.nanoTime();
    ByteBuffer.wrap(value).putLong(now);
    PutRequest put =
        PutRequest.newBuilder().setKey(key).setValue(ByteString.copyFrom(value)).build();
    connection.open(Methods.PUT.name(), put.toByteString(), true);
    underWay.addLast(now);
    sent++;
  }

  long sent() {
    return sent;
  }

  long answered() {
    return answered;
  }

  Delays delays() {
    return delays;
  }

  @Override
  public void message(StreamConnection of, int stream, byte[] bytes, int from, int size) {
    // The end counts.
  }

  @Override
  public void ended(StreamConnection of, int stream) {
    answered++;
    delays.add(System.nanoTime() - underWay.removeFirst());
  }
}
