package dev.kvorum.foreign.coordination;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.kvorum.api.etcdserverpb.WatchCreateRequest;
import dev.kvorum.api.etcdserverpb.WatchRequest;
import dev.kvorum.api.etcdserverpb.WatchResponse;
import dev.kvorum.api.mvccpb.Event;
import dev.kvorum.foreign.Node;
import dev.kvorum.loadtest.wire.ReplyStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the store says of the places in a lock's queue, and of the resource that the lock guards: a
 * watch from the first revision on.
 */
final class LockHistory implements AutoCloseable {
  /** A place that nobody has left yet ends here. */
  static final long NOT_YET = Long.MAX_VALUE;

  /** From create revisions of places to the revisions at which they ended. */
  private final Map<Long, Long> ends = new TreeMap<>();

  private final Map<ByteString, Long> present =
      new TreeMap<>(ByteString.unsignedLexicographicalComparator());
  private final List<Long> written = new ArrayList<>();
  private final ByteString resource;
  private final ReplyStream stream;

  LockHistory(Node node, ByteString prefix, ByteString resource) {
    this.resource = resource;
    var everything =
        WatchCreateRequest.newBuilder()
            .setKey(ByteString.copyFrom(new byte[1]))
            .setRangeEnd(ByteString.copyFrom(new byte[1]))
            .setStartRevision(1);
    stream =
        ReplyStream.open(
            node.vertx(),
            node.plan().clientPort(),
            "etcdserverpb.Watch/Watch",
            WatchRequest.newBuilder().setCreateRequest(everything).build().toByteString(),
            message -> seen(message, prefix));
  }

  private synchronized void seen(ByteString message, ByteString prefix) {
    try {
      for (Event event : WatchResponse.parseFrom(message).getEventsList()) {
        var kv = event.getKv();
        if (kv.getKey().equals(resource)) {
          written.add(Long.parseLong(kv.getValue().toStringUtf8()));
        } else if (kv.getKey().startsWith(prefix)) {
          if (event.getType() == Event.EventType.DELETE) {
            ends.put(present.remove(kv.getKey()), kv.getModRevision());
          } else {
            present.put(kv.getKey(), kv.getCreateRevision());
            ends.putIfAbsent(kv.getCreateRevision(), NOT_YET);
          }
        }
      }
    } catch (InvalidProtocolBufferException unreadable) {
      throw new IllegalStateException(unreadable);
    }
  }

  /** The revision at which the place ended that was taken at {@code token}. */
  synchronized long end(long token) {
    return ends.getOrDefault(token, NOT_YET);
  }

  /** The tokens of the writes to the resource, in order. */
  synchronized List<Long> written() {
    return List.copyOf(written);
  }

  /** How many places were taken so far, and how many are left. */
  synchronized int taken() {
    return ends.size();
  }

  synchronized int open() {
    return present.size();
  }

  @Override
  public void close() {
    stream.close();
  }
}
