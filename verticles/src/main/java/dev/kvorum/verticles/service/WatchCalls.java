package dev.kvorum.verticles.service;

import dev.kvorum.storage.watch.WatchHub;
import dev.kvorum.storage.watch.WatchRequest;
import dev.kvorum.verticles.bus.WatchBus;
import io.vertx.core.Context;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The watch streams of one loop: hands requests to the watch verticle and its messages to the
 * transports, a bus message a turn in each direction.
 *
 * <p>What a transport holds back is not acknowledged to the hub, and what is not acknowledged is
 * bounded there: so between the hub and a slow client nothing queues without a limit. In the other
 * direction a stream whose requests are many, or whose answers nobody reads, is not read any more:
 * its client runs out of credit.
 */
final class WatchCalls {
  /** Requests of one stream that may be on their way to the hub. */
  private static final int MAX_UNHEARD = 128;

  /**
   * What a transport has taken is told to the hub in portions of this size: an eighth of what it
   * lets a stream have, so that a stream never waits for it.
   */
  private static final long PORTION_BYTES = WatchHub.STREAM_BYTES / 8;

  private final NodeContext node;
  private final Context context;
  private final int loop;
  private final Map<Long, Stream> streams = new HashMap<>();
  private List<WatchBus.Word> words = new ArrayList<>();

  /** Who asked in this turn, once for each request. */
  private List<Stream> asking = new ArrayList<>();

  /** The same for the turns whose requests the hub has not heard yet. */
  private final ArrayDeque<List<Stream>> unheard = new ArrayDeque<>();

  private final List<Stream> touched = new ArrayList<>();
  private long nextCount = 1;
  private boolean stopped;

  WatchCalls(NodeContext node, Context context, int loop) {
    this.node = node;
    this.context = context;
    this.loop = loop;
    var bus = context.owner().eventBus();
    bus.<WatchBus.Messages>localConsumer(
        WatchBus.messages(loop), message -> deliver(message.body()));
    bus.<WatchBus.Heard>localConsumer(WatchBus.heard(loop), _ -> heard());
  }

  Service.WatchStream open(Service.WatchSink sink) {
    var stream = new Stream(WatchBus.stream(loop, nextCount++), sink);
    if (!stopped) {
      streams.put(stream.number, stream);
      node.metrics().watch().streamOpened();
      say(new WatchBus.Opened(stream.number));
    }
    return stream;
  }

  private void say(WatchBus.Word word) {
    if (words.isEmpty()) {
      context.runOnContext(_ -> flush());
    }
    words.add(word);
  }

  private void flush() {
    var said = new WatchBus.Said(loop, words);
    words = new ArrayList<>();
    if (!asking.isEmpty()) {
      unheard.addLast(asking);
      asking = new ArrayList<>();
    }
    context.owner().eventBus().send(WatchBus.SAID, said);
  }

  private void heard() {
    var asked = unheard.removeFirst();
    for (var stream : asked) {
      stream.unheard--;
      stream.resumeIfHeard();
    }
  }

  private void deliver(WatchBus.Messages messages) {
    for (var message : messages.messages()) {
      var stream = streams.get(message.stream());
      if (stream == null) {
        continue;
      }
      if (!stream.touched) {
        stream.touched = true;
        touched.add(stream);
      }
      stream.delivered += message.sizeBytes();
      stream.sink.send(message.start(), message.watchId(), message.events());
    }
    for (var stream : touched) {
      stream.touched = false;
      stream.sink.flush();
      stream.acknowledge();
    }
    touched.clear();
  }

  /** Ends all streams; nothing is accepted any more. */
  void stop() {
    stopped = true;
    for (var stream : List.copyOf(streams.values())) {
      stream.close();
    }
  }

  private final class Stream implements Service.WatchStream {
    private final long number;
    private final Service.WatchSink sink;

    /** Handed to the transport and not acknowledged to the hub. */
    private long delivered;

    /** Requests that the hub has not heard. */
    private int unheard;

    private boolean draining;
    private boolean paused;

    /** Got a message in this turn. */
    private boolean touched;

    Stream(long number, Service.WatchSink sink) {
      this.number = number;
      this.sink = sink;
    }

    @Override
    public void request(WatchRequest request) {
      if (!streams.containsKey(number)) {
        return;
      }
      say(new WatchBus.Requested(number, request, node.applied().kv().revision()));
      asking.add(this);
      unheard++;
      if (unheard >= MAX_UNHEARD || !sink.isWritable()) {
        paused = true;
        sink.pauseRequests();
      }
    }

    private void resumeIfHeard() {
      if (paused && unheard == 0 && sink.isWritable()) {
        paused = false;
        sink.resumeRequests();
      }
    }

    private void acknowledge() {
      if (draining) {
        return;
      }
      if (!sink.isWritable()) {
        draining = true;
        sink.onDrain(
            () -> {
              draining = false;
              taken();
              resumeIfHeard();
            });
      } else if (delivered >= PORTION_BYTES) {
        taken();
      }
    }

    private void taken() {
      if (delivered > 0 && streams.containsKey(number)) {
        say(new WatchBus.Taken(number, delivered));
        delivered = 0;
      }
    }

    @Override
    public void close() {
      if (streams.remove(number) != null) {
        node.metrics().watch().streamClosed();
        say(new WatchBus.Closed(number));
      }
    }
  }
}
