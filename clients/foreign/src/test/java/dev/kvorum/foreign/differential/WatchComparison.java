package dev.kvorum.foreign.differential;

import dev.kvorum.api.etcdserverpb.WatchCancelRequest;
import dev.kvorum.api.etcdserverpb.WatchCreateRequest;
import dev.kvorum.api.etcdserverpb.WatchRequest;
import dev.kvorum.foreign.BidiStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The same watches on two servers. After each step everything that was to come has come, on both,
 * and it is the same: no event is lost, comes twice, too late, in another order or with another
 * previous value.
 */
final class WatchComparison {
  /** Watches that this class creates have greater ids. */
  private static final long FIRST_SETTLING = 1_000;

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final WatchedServer reference;
  private final WatchedServer tested;
  private final Duration patience;
  private long creates = 1;
  private long lastSettling = FIRST_SETTLING;

  WatchComparison(WatchedServer reference, WatchedServer tested) {
    this(reference, tested, PATIENCE);
  }

  /**
   * @param patience how long the servers may take to agree
   */
  WatchComparison(WatchedServer reference, WatchedServer tested, Duration patience) {
    this.reference = reference;
    this.tested = tested;
    this.patience = patience;
  }

  /** Sends a create or a cancel to both. */
  void send(WatchRequest request) {
    if (request.hasCreateRequest()) {
      creates++;
    }
    reference.send(request);
    tested.send(request);
  }

  /**
   * What differs, or an empty text, when both have brought everything up to the revision.
   *
   * <p>A watcher that begins in the past catches up in its own time. So servers that differ are
   * given time to agree.
   */
  String difference(long revision) throws InterruptedException {
    boolean equal =
        BidiStream.await(
            () -> {
              reference.read();
              tested.read();
              return arrived(reference, revision)
                  && arrived(tested, revision)
                  && reference.seen().equals(tested.seen());
            },
            patience);
    return equal ? "" : firstDifference(revision);
  }

  /**
   * Waits until every watcher that began in the past has caught up, which etcd lets them do in
   * turns of a tenth of a second: one that has not is cancelled by a compaction, and may be. So a
   * compaction comes after this.
   *
   * @return what differs, or an empty text
   */
  String settle(Position position) throws InterruptedException {
    if (position.revision() == position.compactRevision() || position.revision() < 2) {
      return "";
    }
    long id = ++lastSettling;
    send(
        WatchRequest.newBuilder()
            .setCreateRequest(
                WatchCreateRequest.newBuilder()
                    .setWatchId(id)
                    .setKey(WatchedServer.ALL_KEYS)
                    .setRangeEnd(WatchedServer.ALL_KEYS)
                    .setStartRevision(position.revision()))
            .build());
    BidiStream.await(
        () -> {
          reference.read();
          tested.read();
          return reference.hasEvents(id) && tested.hasEvents(id);
        },
        patience);
    send(
        WatchRequest.newBuilder()
            .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
            .build());
    return difference(position.revision());
  }

  private boolean arrived(WatchedServer server, long revision) {
    return server.revision() >= revision && server.created() == creates;
  }

  private String firstDifference(long revision) {
    for (Map.Entry<Long, List<String>> each : reference.seen().entrySet()) {
      List<String> expected = each.getValue();
      List<String> actual = tested.seen().getOrDefault(each.getKey(), List.of());
      if (!expected.equals(actual)) {
        int at = 0;
        while (at < Math.min(expected.size(), actual.size())
            && expected.get(at).equals(actual.get(at))) {
          at++;
        }
        return "watch "
            + each.getKey()
            + " saw "
            + actual.subList(at, Math.min(actual.size(), at + 3))
            + "\ninstead of "
            + expected.subList(at, Math.min(expected.size(), at + 3))
            + "\nafter "
            + at
            + " equal ones";
      }
    }
    return "at revision "
        + revision
        + " watches have seen "
        + tested.revision()
        + " and "
        + tested.created()
        + " creates instead of "
        + reference.revision()
        + " and "
        + reference.created()
        + " of "
        + creates;
  }
}
