package dev.kvorum.raft.verticle;

import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Failure;
import io.vertx.core.eventbus.EventBus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The addresses and records of the Raft verticle. A message is a batch; none is a request. */
public final class RaftBus {
  /** To the Raft verticle: {@link Proposals}. */
  public static final String PROPOSE = "kvorum.raft.propose";

  /** To the Raft verticle: {@link ReadRound}. */
  public static final String READ = "kvorum.raft.read";

  /** To the Raft verticle: {@link Applied}. */
  public static final String APPLIED = "kvorum.raft.applied";

  /** To the Raft verticle: {@link StateSynced}. */
  public static final String SYNCED = "kvorum.raft.synced";

  /** To the Raft verticle: {@link SnapshotEnded}. */
  public static final String SNAPSHOT_ENDED = "kvorum.raft.snapshot";

  /** To the Raft verticle: {@link DataShrank}. */
  public static final String DATA_SHRANK = "kvorum.raft.shrank";

  /** From the Raft verticle to the snapshot writer: {@link TakeSnapshot}. */
  public static final String TAKE_SNAPSHOT = "kvorum.snapshot.take";

  /** From the Raft verticle to the snapshot writer: {@link DropSnapshots}. */
  public static final String DROP_SNAPSHOTS = "kvorum.snapshot.drop";

  /** From the Raft verticle to the store: {@link Committed}. */
  public static final String COMMITTED = "kvorum.store.committed";

  /** From the Raft verticle to the store: {@link ReadConfirmed}. */
  public static final String READ_CONFIRMED = "kvorum.store.read";

  private RaftBus() {}

  /** From the Raft verticle to front end {@code loop}: {@link Refused}. */
  public static String refused(int loop) {
    return "kvorum.front." + loop + ".refused";
  }

  /**
   * What one front-end loop collected in one turn.
   *
   * @param firstRequestId id of the first envelope's request; the others follow without gaps
   * @param envelopes the payloads of the log entries to be
   */
  public record Proposals(int loop, long firstRequestId, List<Bytes> envelopes) {}

  /** Proposals that did not enter the log. */
  public record Refused(int loop, long firstRequestId, int count, Failure failure) {}

  /** One front-end loop wants to read what was committed before now. */
  public record ReadRound(int loop, long round) {}

  /** The round's reads may be answered once this index is applied. */
  public record ReadConfirmed(int loop, long round, long index) {}

  /** Committed entries in log order, durable in this member's own journal. */
  public record Committed(List<Entry> entries) {}

  /** The store has executed everything up to this index. */
  public record Applied(long index) {}

  /** The state store on disk holds everything up to this index, synced. */
  public record StateSynced(long index) {}

  /** The journal has grown enough: write a full snapshot file in the background. */
  public record TakeSnapshot() {}

  /**
   * The answer to {@link TakeSnapshot}.
   *
   * @param position what the file holds, null if it could not be written
   * @param liveBytes the size of the data in it
   */
  public record SnapshotEnded(@Nullable EntryId position, long liveBytes) {}

  /** The newest snapshot is much larger than the data. */
  public record DataShrank() {}

  /** Snapshot files below this position may go: a newer one is whole and marked. */
  public record DropSnapshots(EntryId below) {}

  /** Registers the codecs of all records above. */
  public static void register(EventBus bus) {
    LocalCodec.register(bus, Proposals.class);
    LocalCodec.register(bus, Refused.class);
    LocalCodec.register(bus, ReadRound.class);
    LocalCodec.register(bus, ReadConfirmed.class);
    LocalCodec.register(bus, Committed.class);
    LocalCodec.register(bus, Applied.class);
    LocalCodec.register(bus, StateSynced.class);
    LocalCodec.register(bus, TakeSnapshot.class);
    LocalCodec.register(bus, SnapshotEnded.class);
    LocalCodec.register(bus, DataShrank.class);
    LocalCodec.register(bus, DropSnapshots.class);
  }
}
