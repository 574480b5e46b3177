package dev.kvorum.simulator.oracle;

import dev.kvorum.simulator.client.History;
import dev.kvorum.simulator.world.Observer;
import dev.kvorum.simulator.world.Reply;
import dev.kvorum.simulator.world.Request;
import dev.kvorum.simulator.world.WatchMessage;
import dev.kvorum.simulator.world.World;
import dev.kvorum.simulator.world.WrongException;
import dev.kvorum.storage.journal.Entry;
import dev.kvorum.storage.journal.EntryId;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.CommandCodec;
import dev.kvorum.storage.model.Envelope;
import dev.kvorum.storage.model.InvariantViolation;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.state.AppliedState;
import dev.kvorum.storage.watch.WatchRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All oracles of one run, behind one observer. What each event costs does not grow with the run,
 * but for the answers of ranges, which cost as much as the range did.
 *
 * <ul>
 *   <li>{@link LogOracle}: one committed entry an index, one leader a term;
 *   <li>{@link AppliedOracle}: equal logs, equal states; the revision is the model's;
 *   <li>{@link HistoryCheck}: what clients were told is what one store would have told them;
 *   <li>{@link WatchOracle}: each watch shows what was committed, in order, each change once;
 *   <li>{@link LeaseOracle}: no lease ends early, and in a healed cluster none late or never;
 *   <li>{@link LockOracle}: who holds a lock was first, and its fencing tokens grow;
 *   <li>here: what is acknowledged is durable on a quorum at that moment.
 * </ul>
 */
public final class Oracles implements Observer {
  /** As many members as a cluster ever has, those that join later included. */
  private static final int MAX_MEMBERS = 64;

  private static final int MAX_SEARCHED_NODES = 200_000;

  /** For which of the acknowledged writes, in millionths, all members are booted once. */
  private static final int POWER_CUT_RATE = 1_500;

  private static final long POWER_CUTS = 0x706f776572L;

  /** About how many revisions are hashed at the end. */
  private static final int HASHES = 6;

  private final History history = new History();
  private final HistoryCheck historyCheck = new HistoryCheck(history);
  private final LogOracle log = new LogOracle(MAX_MEMBERS);
  private final AppliedOracle states = new AppliedOracle(MAX_MEMBERS);
  private final WatchOracle watches = new WatchOracle(historyCheck.model());
  private final LockOracle locks = new LockOracle(historyCheck.model());
  private @Nullable LeaseOracle leases;
  private final List<CommitListener> listeners = new ArrayList<>();

  /** Operation by request id, and by the id in the envelope of the log entry. */
  private final Map<Long, Integer> operations = new HashMap<>();

  private final Map<Long, Integer> proposals = new HashMap<>();

  /** By log index: how many commands the log holds up to there. */
  private int[] positions = new int[256];

  /** By operation: where in the log it is committed, 0 while it is not. */
  private long[] indexes = new long[256];

  private final boolean searches;
  private @Nullable World world;

  /**
   * @param searches whether the history is also searched at the end, for which every request must
   *     be about one key
   */
  public Oracles(boolean searches) {
    this.searches = searches;
  }

  /** The run that is about to begin. */
  public void watch(World watched) {
    world = watched;
    leases = new LeaseOracle(watched.cluster(), watched.coverage());
  }

  public void add(CommitListener listener) {
    listeners.add(listener);
  }

  /** What the clients asked and were told so far. */
  public History history() {
    return history;
  }

  private LeaseOracle leases() {
    return InvariantViolation.present(leases, "a run is watched");
  }

  private World world() {
    return InvariantViolation.present(world, "a run is watched");
  }

  // Members.

  @Override
  public void leads(int member, long term) {
    log.leads(member, term);
    leases().leads(term);
  }

  @Override
  public void started(int member) {
    log.started(member);
    states.started(member);
    leases().started(member);
  }

  @Override
  public void committed(int member, Entry entry) {
    if (!log.committed(member, entry)) {
      return;
    }
    if (!world().quorums().isOnQuorum(member, EntryId.of(entry))) {
      throw new WrongException(
          "what is committed is durable on a quorum",
          "member %d: %s; %s".formatted(member, entry, world().quorums().describeDurable()));
    }
    var index = Math.toIntExact(entry.index());
    if (index >= positions.length) {
      positions = Arrays.copyOf(positions, 2 * index);
    }
    positions[index] = positions[index - 1];
    if (entry.type() == Entry.Type.COMMAND) {
      positions[index]++;
      committedCommand(entry);
    }
  }

  private void committedCommand(Entry entry) {
    var envelope = Envelope.decode(entry.payload());
    var operation = proposals.getOrDefault(envelope.requestId(), History.NOBODY);
    try {
      var command = CommandCodec.decode(envelope.kind(), envelope.body());
      history.commit(operation, command);
      leases().committed(command, entry.index(), entry.term(), historyCheck.model()::isLive);
      historyCheck.committed(operation, command, entry.index(), entry.term());
      locks.committed();
      if (operation != History.NOBODY) {
        indexes[operation] = entry.index();
      }
      for (var listener : listeners) {
        listener.committed(entry.index(), command, historyCheck.revision());
      }
    } catch (MalformedProto malformed) {
      throw new WrongException("a committed command can be read", entry + ": " + malformed);
    }
  }

  @Override
  public void applied(int member, AppliedState state, long recordHash) {
    var index = state.appliedIndex();
    log.applied(member, index);
    var moment = new Moment(state.kv().revision(), state.kv().compactRevision());
    var modelMoment = historyCheck.moment(positions[Math.toIntExact(index)]);
    states.applied(member, index, recordHash, moment, modelMoment);
  }

  // Clients.

  @Override
  public void invoked(Request request) {
    var operation = history.invoke(request.client(), request.command(), world().scheduler().now());
    if (operations.put(request.id(), operation) != null) {
      throw new WrongException("a request has an id of its own", "" + request);
    }
    if (operation >= indexes.length) {
      indexes = Arrays.copyOf(indexes, 2 * operation);
    }
    historyCheck.invoked(operation);
  }

  @Override
  public void proposed(Request request, long envelopeId) {
    var before = proposals.put(envelopeId, operation(request));
    if (before != null) {
      throw new WrongException(
          "two proposals are told apart",
          "%s and %s are both %x".formatted(history.describe(before), request, envelopeId));
    }
  }

  @Override
  public void answered(Request request, Reply.Answered reply) {
    var acknowledged =
        !Requests.isRead(request.command()) && !(reply.result() instanceof Result.Failed);
    if (acknowledged) {
      acknowledged(request);
    }
  }

  /** A write is acknowledged, whether or not the client will hear of it. */
  private void acknowledged(Request request) {
    var index = indexes[operation(request)];
    if (index == 0) {
      throw new WrongException("what is acknowledged is committed", "" + request);
    }
    var entry = new EntryId(log.entry(index).term(), index);
    if (!world().quorums().isOnQuorum(entry)) {
      throw new WrongException(
          "what is acknowledged is durable on a quorum", "%s: %s".formatted(entry, request));
    }
    if (world().random(POWER_CUTS + index).chance(POWER_CUT_RATE)) {
      world().coverage().hit("an acknowledged write sought after a power cut of all");
      if (!world().quorums().survivesPowerCut(entry)) {
        throw new WrongException(
            "what is acknowledged survives a power cut of all members",
            "%s: %s; %s".formatted(entry, request, world().quorums().describeDurable()));
      }
    }
  }

  @Override
  public void returned(Request request, Reply reply) {
    switch (reply) {
      case Reply.Answered(Result result, _) -> {
        var operation = operation(request);
        history.complete(operation, result, world().scheduler().now());
        historyCheck.completed(operation);
      }
      case Reply.Unknown _ -> {
        // The operation stays open.
      }
    }
  }

  @Override
  public void watchAsked(long line, WatchRequest request, long revision) {
    watches.asked(line, request, revision);
  }

  @Override
  public void watchHeard(long line, WatchMessage message) {
    watches.heard(line, message);
  }

  @Override
  public void lockGranted(Bytes name, long lease, Bytes key, long createRevision) {
    locks.granted(name, key, createRevision);
  }

  @Override
  public void leasesLed(int member, long term, long elapsedNanos) {
    leases().led(member, elapsedNanos);
  }

  @Override
  public void leaseBegun(int member, long lease, long elapsedNanos) {
    leases().begun(member, lease, elapsedNanos);
  }

  @Override
  public void leaseKept(int member, long term, long lease, long ttlSeconds, long elapsedNanos) {
    leases().kept(member, term, lease, ttlSeconds, elapsedNanos);
  }

  @Override
  public void healed() {
    leases().healed();
  }

  @Override
  public boolean isSatisfied() {
    return leases().isNoneOverdue(historyCheck.model()::isLive);
  }

  /** Everything that the members have stored must be what the model has. */
  @Override
  public void ended() {
    var ended = world();
    var check = new StoreCheck(historyCheck.model());
    for (var member = 0; member < ended.memberCount(); member++) {
      var state = ended.cluster().appliedState(member);
      if (state != null && state.appliedIndex() == log.lastIndex()) {
        checkStore(ended, member, state, check);
      }
    }
    if (searches) {
      var undecided = LinearizabilitySearch.check(history, MAX_SEARCHED_NODES);
      ended.coverage().hit(undecided == 0 ? "history searched" : "search given up");
    }
  }

  private static void checkStore(World ended, int member, AppliedState state, StoreCheck check) {
    try (var records = ended.cluster().openStore(member)) {
      if (records == null) {
        return;
      }
      check.checkRecords(member, records);
      check.checkSmallBuckets(member, records);
      var last = state.kv().revision();
      var first = Math.max(1, state.kv().compactRevision());
      var step = Math.max(1, (last - first) / HASHES);
      for (var revision = last; revision >= first; revision -= step) {
        check.checkHash(member, state.kv(), records, revision);
      }
      ended.coverage().hit("store compared with the model");
    }
  }

  private int operation(Request request) {
    return InvariantViolation.present(
        operations.get(request.id()), "a request was invoked before anything else");
  }
}
