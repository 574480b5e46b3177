package dev.kvorum.verticles.bus;

import dev.kvorum.raft.verticle.LocalCodec;
import dev.kvorum.storage.lease.LeaseChange;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.LeaseAsk;
import dev.kvorum.verticles.stage.Answer;
import io.vertx.core.eventbus.EventBus;
import java.util.List;

/** The addresses and records of the lease verticle. */
public final class LeaseBus {
  /** From the store to the lease verticle: {@link Changed}. */
  public static final String CHANGED = "kvorum.lease.changed";

  /** From a front end to the lease verticle: {@link Asks}. */
  public static final String ASK = "kvorum.lease.ask";

  /** From the lease verticle to the store: {@link FindKeys}, answered by {@link Keys}. */
  public static final String FIND_KEYS = "kvorum.store.leases";

  private LeaseBus() {}

  /** From the lease verticle to front end {@code loop}: {@link Answers}. */
  public static String answers(int loop) {
    return "kvorum.front." + loop + ".leases";
  }

  /** What a batch of the log did to leases, sent before its answers. */
  public record Changed(List<LeaseChange> changes) {}

  /** What one front end's clients asked in one turn; the numbers have no gaps. */
  public record Asks(int loop, long firstNumber, List<LeaseAsk> asks) {}

  /** Answers by the numbers of their questions. */
  public record Answers(List<Answer> answers) {}

  /**
   * Which keys hang on leases?
   *
   * @param countsOnly the keys themselves are not wanted
   */
  public record FindKeys(List<Long> ids, boolean countsOnly) {}

  /** The keys of each lease asked for, in the order of the question. */
  public record Keys(List<Integer> counts, List<List<Bytes>> keys) {}

  /** Registers the codecs of all records above. */
  public static void register(EventBus bus) {
    LocalCodec.register(bus, Changed.class);
    LocalCodec.register(bus, Asks.class);
    LocalCodec.register(bus, Answers.class);
    LocalCodec.register(bus, FindKeys.class);
    LocalCodec.register(bus, Keys.class);
  }
}
