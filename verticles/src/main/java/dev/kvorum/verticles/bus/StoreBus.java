package dev.kvorum.verticles.bus;

import dev.kvorum.raft.verticle.LocalCodec;
import dev.kvorum.storage.model.Result;
import io.vertx.core.eventbus.EventBus;
import java.util.List;

/** The addresses and records of the store and the front ends. */
public final class StoreBus {
  private StoreBus() {}

  /** From the store to front end {@code loop}: {@link Answers}. */
  public static String answers(int loop) {
    return "kvorum.front." + loop + ".answers";
  }

  /** From the store to front end {@code loop}: {@link ReadsReady}. */
  public static String reads(int loop) {
    return "kvorum.front." + loop + ".reads";
  }

  /** The result of one request. */
  public record Answer(long requestId, Result result) {}

  /** All results of one applied batch that belong to one front end. */
  public record Answers(List<Answer> answers) {}

  /** The round was confirmed and its index is applied: its reads may run. */
  public record ReadsReady(long round) {}

  /** Registers the codecs of all records above. */
  public static void register(EventBus bus) {
    LocalCodec.register(bus, Answers.class);
    LocalCodec.register(bus, ReadsReady.class);
  }
}
