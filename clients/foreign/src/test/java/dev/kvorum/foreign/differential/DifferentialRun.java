package dev.kvorum.foreign.differential;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.kvorum.api.etcdserverpb.CompactionRequest;
import dev.kvorum.api.etcdserverpb.HashKVRequest;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.api.etcdserverpb.RangeResponse;
import dev.kvorum.api.etcdserverpb.ResponseHeader;
import dev.kvorum.api.etcdserverpb.WatchRequest;
import dev.kvorum.foreign.Answers;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.GrpcReply;
import dev.kvorum.loadtest.wire.GrpcStatusException;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Asks two stores that start empty the same random questions in the same order and stops at the
 * first answer that differs. Hashes of the whole history are compared every few hundred operations
 * and at the end; when they differ, the revision from which on they do is searched.
 */
final class DifferentialRun {
  private static final int OPERATIONS_BETWEEN_HASHES = 500;
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  /** As a key and as a range end, one zero byte means all keys. */
  private static final ByteString ALL_KEYS = ByteString.copyFrom(new byte[1]);

  private final long seed;
  private final Answerer reference;
  private final Answerer tested;
  private final OperationGenerator generator;
  private final @Nullable WatchComparison watches;

  /** How often each method came to which status, to show that the run was a good one. */
  private final TreeMap<String, Integer> counts = new TreeMap<>();

  /** The number of the operation that made each revision, starting with revision 2. */
  private final List<Integer> operationOfRevision = new ArrayList<>();

  private Position position = Position.START;

  DifferentialRun(long seed, Answerer reference, Answerer tested) {
    this(seed, reference, tested, null);
  }

  /**
   * @param watches watches both, which differ in nothing yet; null for a run without watches
   */
  DifferentialRun(
      long seed, Answerer reference, Answerer tested, @Nullable WatchComparison watches) {
    this.seed = seed;
    this.reference = reference;
    this.tested = tested;
    this.watches = watches;
    this.generator = new OperationGenerator(seed, watches != null);
  }

  /**
   * The first difference.
   *
   * @param operations how many operations show it: no shorter prefix does
   */
  record Finding(long seed, int operations, String what) {
    @Override
    public String toString() {
      return "seed "
          + seed
          + ", shortest prefix of "
          + operations
          + " operations (-Dkvorum.differential.seed="
          + seed
          + " -Dkvorum.differential.operations="
          + operations
          + " -Dkvorum.differential.rounds=1):\n"
          + what;
    }
  }

  /** Runs until the operations are done or an answer differs. */
  Optional<Finding> run(int operations) throws InterruptedException {
    for (int number = 1; number <= operations; number++) {
      Operation operation = generator.next(position);
      String difference = ask(operation, number);
      if (!difference.isEmpty()) {
        return Optional.of(
            new Finding(seed, number, "operation " + number + " " + operation + difference));
      }
      if (number % OPERATIONS_BETWEEN_HASHES == 0 || number == operations) {
        Optional<Finding> finding = compareHashes(number);
        if (finding.isPresent()) {
          return finding;
        }
      }
    }
    return Optional.empty();
  }

  /** Method and status of all operations so far, with counts. */
  String summary() {
    return counts.toString();
  }

  private String ask(Operation operation, int number) throws InterruptedException {
    if (watches == null) {
      return answers(operation, number);
    }
    if (operation.request() instanceof WatchRequest watch) {
      counts.merge(watch.hasCreateRequest() ? "Watch" : "Watch cancel", 1, Integer::sum);
      watches.send(watch);
      return watches.difference(position.revision());
    }
    String before =
        operation.request() instanceof CompactionRequest ? watches.settle(position) : "";
    if (!before.isEmpty()) {
      return before;
    }
    String difference = answers(operation, number);
    return difference.isEmpty() ? watches.difference(position.revision()) : difference;
  }

  private String answers(Operation operation, int number) throws InterruptedException {
    Future<GrpcReply> expected = reference.answer(operation);
    Future<GrpcReply> actual = tested.answer(operation);
    GrpcReply expectedReply;
    GrpcReply actualReply;
    try {
      expectedReply = await(expected);
      actualReply = await(actual);
    } catch (IllegalStateException silent) {
      return "one of the servers gave no answer: " + silent.getMessage();
    }
    String name = operation.method().substring(operation.method().indexOf('/') + 1);
    counts.merge(name + " " + expectedReply.code(), 1, Integer::sum);
    String difference = AnswerComparison.difference(operation, expectedReply, actualReply);
    if (difference.isEmpty() && expectedReply.succeeded()) {
      advance(operation, expectedReply, number);
    }
    return difference;
  }

  private void advance(Operation operation, GrpcReply reply, int number) {
    long revision = header(operation, reply).getRevision();
    while (operationOfRevision.size() < revision - 1) {
      operationOfRevision.add(number);
    }
    long compacted =
        operation.request() instanceof CompactionRequest compaction
            ? compaction.getRevision()
            : position.compactRevision();
    position = new Position(revision, compacted);
  }

  private static ResponseHeader header(Operation operation, GrpcReply reply) {
    try {
      Message answer = Answers.comparable(operation.method(), reply);
      return (ResponseHeader)
          answer.getField(answer.getDescriptorForType().findFieldByName("header"));
    } catch (InvalidProtocolBufferException unreadable) {
      throw new AssertionError("it was compared before", unreadable);
    }
  }

  private Optional<Finding> compareHashes(int number) throws InterruptedException {
    String first = askHash(generator.hashableRevision(position), number);
    if (first.isEmpty()) {
      first = askHash(0, number);
    }
    if (first.isEmpty()) {
      return Optional.empty();
    }
    long low = position.compactRevision() + 1;
    long high = position.revision();
    while (low < high) {
      long middle = (low + high) / 2;
      if (askHash(middle, number).isEmpty()) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    int culprit = low < 2 ? 1 : operationOfRevision.get((int) low - 2);
    String what = first + "and alone at that revision " + askHash(low, number);
    return Optional.of(
        new Finding(
            seed,
            culprit,
            "after "
                + number
                + " operations the hashes differ from revision "
                + low
                + " on, which operation "
                + culprit
                + " made: "
                + what));
  }

  /**
   * Where no key lives at the revision, etcd hashes whatever the removal that follows a compaction
   * has left so far, and Kvorum what it will have left (docs/compatibility.md): there the hashes
   * must become equal, and everywhere else they must be.
   */
  private String askHash(long revision, int number) throws InterruptedException {
    String difference = ask(hash(revision), number);
    long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
    while (!difference.isEmpty()
        && noKeyLivesAt(revision)
        && System.nanoTime() - deadlineNanos < 0) {
      counts.merge("HashKV asked again", 1, Integer::sum);
      difference = ask(hash(revision), number);
    }
    return difference;
  }

  private boolean noKeyLivesAt(long revision) throws InterruptedException {
    RangeRequest everything =
        RangeRequest.newBuilder()
            .setKey(ALL_KEYS)
            .setRangeEnd(ALL_KEYS)
            .setRevision(revision)
            .setCountOnly(true)
            .build();
    GrpcReply reply = await(reference.answer(new Operation(Operation.RANGE, everything)));
    try {
      return reply.succeeded()
          && RangeResponse.parseFrom(reply.messages().getFirst()).getCount() == 0;
    } catch (InvalidProtocolBufferException unreadable) {
      throw new AssertionError("etcd answers readable messages", unreadable);
    }
  }

  private static Operation hash(long revision) {
    return new Operation(
        Operation.HASH_KV, HashKVRequest.newBuilder().setRevision(revision).build());
  }

  private static GrpcReply await(Future<GrpcReply> reply) throws InterruptedException {
    try {
      return GrpcClient.await(reply, PATIENCE);
    } catch (GrpcStatusException impossible) {
      throw new AssertionError("an untyped call hands its status back", impossible);
    }
  }
}
