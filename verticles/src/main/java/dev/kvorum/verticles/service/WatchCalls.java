package dev.kvorum.verticles.service;

import dev.kvorum.storage.watch.WatchRequest;
import dev.kvorum.verticles.bus.WatchBus;
import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The watch streams of one loop: hands requests to the watch verticle and its messages to the
 * transports, a bus message a turn in each direction.
 *
 * <p>What a transport holds back is not acknowledged to the hub, and what is not acknowledged is
 * bounded there: so between the hub and a slow client nothing queues without a limit.
 */
final class WatchCalls {
  private final NodeContext node;
  private final Context context;
  private final int loop;
  private final Map<Long, Stream> streams = new HashMap<>();
  private List<WatchBus.Word> words = new ArrayList<>();
  private long nextCount = 1;
  private boolean stopped;

  WatchCalls(NodeContext node, Context context, int loop) {
    this.node = node;
    this.context = context;
    this.loop = loop;
    context
        .owner()
        .eventBus()
        .<WatchBus.Messages>localConsumer(
            WatchBus.messages(loop), message -> deliver(message.body()));
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
    var said = new WatchBus.Said(words);
    words = new ArrayList<>();
    context.owner().eventBus().send(WatchBus.SAID, said);
  }

  private void deliver(WatchBus.Messages messages) {
    var touched = new ArrayList<Stream>();
    for (var message : messages.messages()) {
      var stream = streams.get(message.stream());
      if (stream == null) {
        continue;
      }
      if (stream.delivered == 0) {
        touched.add(stream);
      }
      stream.delivered += message.sizeBytes();
      stream.sink.send(message.head(), message.events());
    }
    touched.forEach(Stream::acknowledge);
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

    private boolean draining;

    Stream(long number, Service.WatchSink sink) {
      this.number = number;
      this.sink = sink;
    }

    @Override
    public void request(WatchRequest request) {
      if (streams.containsKey(number)) {
        say(new WatchBus.Requested(number, request, node.applied().kv().revision()));
      }
    }

    private void acknowledge() {
      if (draining) {
        return;
      }
      if (sink.isWritable()) {
        taken();
      } else {
        draining = true;
        sink.onDrain(
            () -> {
              draining = false;
              taken();
            });
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
