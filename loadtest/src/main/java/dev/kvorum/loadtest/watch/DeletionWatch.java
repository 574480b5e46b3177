package dev.kvorum.loadtest.watch;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.WatchCreateRequest;
import dev.kvorum.api.etcdserverpb.WatchRequest;
import dev.kvorum.loadtest.wire.StreamConnection;
import dev.kvorum.loadtest.wire.StreamLoop;

/**
 * Sees numbered keys go: a watch on a thread of its own that reads what comes in place. Hundred
 * thousands of deletions in a few seconds would otherwise cost their watcher what the server needs
 * for them, when both share two cores.
 */
public final class DeletionWatch implements StreamLoop.Listener, AutoCloseable {
  private static final String METHOD = "etcdserverpb.Watch/Watch";
  private static final int EVENTS = 11;
  private static final int EVENT_TYPE = 1;
  private static final int EVENT_KV = 2;
  private static final int KEY = 1;
  private static final int MOD_REVISION = 3;
  private static final int DELETE = 1;
  private static final long REST_NANOS = 10_000_000;

  /** Hears of each deletion, on the watch's thread. */
  @FunctionalInterface
  public interface Listener {
    /**
     * A key is gone.
     *
     * @param number behind the prefix, in decimal digits
     */
    void deleted(int number, long revision, long nowNanos);
  }

  private final int port;
  private final ByteString prefix;
  private final Listener listener;
  private final Thread thread;
  private volatile boolean closed;

  private DeletionWatch(int port, ByteString prefix, Listener listener) {
    this.port = port;
    this.prefix = prefix;
    this.listener = listener;
    thread = Thread.ofPlatform().daemon().name("deletion-watch").unstarted(this::run);
  }

  /** Begins to watch the keys that begin so, on the server on this port, soon after now. */
  public static DeletionWatch open(int port, ByteString prefix, Listener listener) {
    DeletionWatch watch = new DeletionWatch(port, prefix, listener);
    watch.thread.start();
    return watch;
  }

  private void run() {
    try (StreamLoop loop = new StreamLoop()) {
      WatchCreateRequest create =
          WatchCreateRequest.newBuilder().setKey(prefix).setRangeEnd(behind(prefix)).build();
      int _ =
          loop.connect(port, this)
              .open(
                  METHOD,
                  WatchRequest.newBuilder().setCreateRequest(create).build().toByteString(),
                  false);
      while (!closed) {
        loop.poll(REST_NANOS);
      }
    }
  }

  /** What follows the prefix and all that begins with it. */
  private static ByteString behind(ByteString prefix) {
    byte[] end = prefix.toByteArray();
    end[end.length - 1]++;
    return ByteString.copyFrom(end);
  }

  @Override
  public void message(StreamConnection connection, int stream, byte[] bytes, int from, int size) {
    long now = System.nanoTime();
    WireReader response = new WireReader(bytes, from, from + size);
    while (response.next()) {
      if (response.field() == EVENTS) {
        event(response.inner(), now);
      }
    }
  }

  private void event(WireReader event, long now) {
    boolean deleted = false;
    int number = 0;
    long revision = 0;
    while (event.next()) {
      if (event.field() == EVENT_TYPE) {
        deleted = event.number() == DELETE;
      } else if (event.field() == EVENT_KV) {
        WireReader pair = event.inner();
        while (pair.next()) {
          if (pair.field() == KEY) {
            number = pair.decimal(prefix.size());
          } else if (pair.field() == MOD_REVISION) {
            revision = pair.number();
          }
        }
      }
    }
    if (deleted) {
      listener.deleted(number, revision, now);
    }
  }

  @Override
  public void ended(StreamConnection connection, int stream) {
    if (!closed) {
      throw new IllegalStateException("the server ended a watch");
    }
  }

  @Override
  public void close() {
    closed = true;
    try {
      thread.join();
    } catch (InterruptedException _) {
      // It ends by itself at its next look.
      Thread.currentThread().interrupt();
    }
  }
}
