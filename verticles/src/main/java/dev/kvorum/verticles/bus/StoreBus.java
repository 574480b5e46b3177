package dev.kvorum.verticles.bus;

import dev.kvorum.raft.verticle.LocalCodec;
import dev.kvorum.verticles.stage.Answer;
import io.vertx.core.eventbus.EventBus;
import java.util.List;

/** The addresses and records of the store and the front ends. */
public final class StoreBus {
  /** To the store: {@link Defragment}; answered with an empty message. */
  public static final String DEFRAGMENT = "kvorum.store.defragment";

  private StoreBus() {}

  /** From the store to front end {@code loop}: {@link Answers}. */
  public static String answers(int loop) {
    return "kvorum.front." + loop + ".answers";
  }

  /** From the store to front end {@code loop}: {@link InProgress}. */
  public static String inProgress(int loop) {
    return "kvorum.front." + loop + ".in-progress";
  }

  /** From the store to front end {@code loop}: {@link ReadsReady}. */
  public static String reads(int loop) {
    return "kvorum.front." + loop + ".reads";
  }

  /** All results of one applied batch that belong to one front end. */
  public record Answers(List<Answer> answers) {}

  /** The request is applied; its answer follows when the work behind it is done. */
  public record InProgress(long requestId) {}

  /** The round was confirmed and its index is applied: its reads may run. */
  public record ReadsReady(long round) {}

  /** Let the size fall to what is in use (contract S17.5). */
  public record Defragment() {}

  /** Registers the codecs of all records above. */
  public static void register(EventBus bus) {
    LocalCodec.register(bus, Answers.class);
    LocalCodec.register(bus, InProgress.class);
    LocalCodec.register(bus, ReadsReady.class);
    LocalCodec.register(bus, Defragment.class);
  }
}
