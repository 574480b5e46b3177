package dev.kvorum.foreign.differential;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.kvorum.api.etcdserverpb.WatchCreateRequest;
import dev.kvorum.api.etcdserverpb.WatchRequest;
import dev.kvorum.api.etcdserverpb.WatchResponse;
import dev.kvorum.api.mvccpb.Event;
import dev.kvorum.foreign.BidiStream;
import dev.kvorum.foreign.Node;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * One watch stream of one server, and everything that came on it: for each watch id, in order, its
 * answers and its events. How events were cut into messages is each server's own business (contract
 * S9.13), and so is the order between two watch ids.
 *
 * <p>The first watcher sees all keys from the beginning, so that it can be known when the events of
 * a revision have arrived.
 */
final class WatchedServer implements AutoCloseable {
  /** The id that the server chooses first; other watchers have greater ones. */
  private static final long EVERYTHING = 0;

  static final ByteString ALL_KEYS = ByteString.copyFrom(new byte[1]);

  private final BidiStream stream;
  private final Predicate<Event> lost;
  private final Map<Long, List<String>> seen = new TreeMap<>();
  private int read;
  private long revision = 1;

  WatchedServer(Node node) throws InterruptedException {
    this(node, _ -> false);
  }

  /**
   * @param lost which events to pass over, to show that a lost one is noticed
   */
  WatchedServer(Node node, Predicate<Event> lost) throws InterruptedException {
    this.lost = lost;
    stream = BidiStream.open(node.vertx(), node.plan().clientPort(), Operation.WATCH);
    send(
        WatchRequest.newBuilder()
            .setCreateRequest(
                WatchCreateRequest.newBuilder().setKey(ALL_KEYS).setRangeEnd(ALL_KEYS))
            .build());
    // What happens before the answer need not be seen.
    stream.await(1);
  }

  void send(WatchRequest request) {
    stream.send(request.toByteString());
  }

  /** Takes in what has arrived. */
  void read() {
    for (ByteString message : stream.receivedAfter(read)) {
      read++;
      try {
        add(WatchResponse.parseFrom(message));
      } catch (InvalidProtocolBufferException unreadable) {
        throw new AssertionError("a watch brings readable messages", unreadable);
      }
    }
  }

  private void add(WatchResponse response) {
    List<String> lines = seen.computeIfAbsent(response.getWatchId(), _ -> new ArrayList<>());
    if (response.getCreated()) {
      lines.add(
          "created at "
              + response.getHeader().getRevision()
              + (response.getCanceled() ? ", refused: " + response.getCancelReason() : ""));
    } else if (response.getCanceled()) {
      lines.add("canceled " + response.getCompactRevision() + " " + response.getCancelReason());
    }
    for (Event event : response.getEventsList()) {
      if (response.getWatchId() == EVERYTHING) {
        revision = event.getKv().getModRevision();
      }
      if (!lost.test(event)) {
        lines.add(text(event));
      }
    }
  }

  private static String text(Event event) {
    return event.getType() + " " + HexFormat.of().formatHex(event.toByteArray());
  }

  /** The last revision whose events have arrived. */
  long revision() {
    return revision;
  }

  /** How many answers to requests have come: each create has one, or two when it is compacted. */
  long created() {
    return seen.values().stream()
        .flatMap(List::stream)
        .filter(line -> line.startsWith("created"))
        .count();
  }

  /** Whether anything came on this watch after its creation. */
  boolean hasEvents(long id) {
    return seen.getOrDefault(id, List.of()).size() > 1;
  }

  /** What has come so far, by watch ids. */
  Map<Long, List<String>> seen() {
    return seen;
  }

  @Override
  public void close() {
    stream.close();
  }
}
