package dev.kvorum.verticles.bus;

import dev.kvorum.raft.verticle.LocalCodec;
import dev.kvorum.storage.model.Event;
import dev.kvorum.storage.watch.WatchEffect;
import dev.kvorum.storage.watch.WatchRequest;
import io.vertx.core.eventbus.EventBus;
import java.util.List;

/** The addresses and records of the watch verticle. */
public final class WatchBus {
  /** From the store to the watch verticle: {@link News}. */
  public static final String HAPPENED = "kvorum.watch.happened";

  /** From a front end to the watch verticle: {@link Said}. */
  public static final String SAID = "kvorum.watch.said";

  private static final int NUMBER_BITS = 48;

  private WatchBus() {}

  /** From the watch verticle to front end {@code loop}: {@link Messages}. */
  public static String messages(int loop) {
    return "kvorum.front." + loop + ".watch";
  }

  /** From the watch verticle to front end {@code loop}: {@link Heard}. */
  public static String heard(int loop) {
    return "kvorum.front." + loop + ".watch.heard";
  }

  /** The number of a front end's stream, which no other stream of the node has. */
  public static long stream(int loop, long count) {
    return (long) loop << NUMBER_BITS | count;
  }

  /** The front end of a stream. */
  public static int loop(long stream) {
    return (int) (stream >>> NUMBER_BITS);
  }

  /** What the store did. */
  public sealed interface News {}

  /** All changes of one applied batch, sent before its answers. */
  public record Happened(List<Event> events) implements News {}

  /** The revision changed so many keys that whoever wants to hear of it has to read it. */
  public record TooMuchHappened(long revision) implements News {}

  /** What a front end has to say about one of its streams. */
  public sealed interface Word {
    long stream();
  }

  /** A client's request; {@code atRevision} was the store's when it came. */
  public record Requested(long stream, WatchRequest request, long atRevision) implements Word {}

  /** The stream's transport took so many bytes. */
  public record Taken(long stream, long bytes) implements Word {}

  /** The stream began. */
  public record Opened(long stream) implements Word {}

  /** The stream is gone. */
  public record Closed(long stream) implements Word {}

  /** What one front end has to say after one turn. */
  public record Said(int loop, List<Word> words) {
    /** Whether there are requests among it; then {@link Heard} comes back. */
    public boolean asks() {
      return words.stream().anyMatch(Requested.class::isInstance);
    }
  }

  /** Messages for the streams of one front end, in order. */
  public record Messages(List<WatchEffect.Send> messages) {}

  /** To a front end: the requests of one of its turns, in their order, have been heard. */
  public record Heard() {}

  /** Registers the codecs of the records that are sent. */
  public static void register(EventBus bus) {
    LocalCodec.register(bus, Happened.class);
    LocalCodec.register(bus, TooMuchHappened.class);
    LocalCodec.register(bus, Said.class);
    LocalCodec.register(bus, Messages.class);
    LocalCodec.register(bus, Heard.class);
  }
}
