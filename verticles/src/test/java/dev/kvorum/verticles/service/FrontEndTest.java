package dev.kvorum.verticles.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.raft.stage.RaftStatus;
import dev.kvorum.raft.verticle.RaftBus;
import dev.kvorum.storage.backend.Bucket;
import dev.kvorum.storage.backend.WriteBatch;
import dev.kvorum.storage.backend.memory.MemoryBackend;
import dev.kvorum.storage.index.IndexMemory;
import dev.kvorum.storage.lease.LeaseTable;
import dev.kvorum.storage.membership.Alarms;
import dev.kvorum.storage.membership.Members;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.CommandCodec;
import dev.kvorum.storage.model.Envelope;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.LeaseAsk;
import dev.kvorum.storage.model.LeaseCommandCodec;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.model.RangeMessage;
import dev.kvorum.storage.model.Result;
import dev.kvorum.storage.model.Revision;
import dev.kvorum.storage.mvcc.MvccStore;
import dev.kvorum.storage.mvcc.Records;
import dev.kvorum.storage.mvcc.StoreMeta;
import dev.kvorum.storage.mvcc.Write;
import dev.kvorum.storage.state.LoadedState;
import dev.kvorum.storage.state.StateMachine;
import dev.kvorum.verticles.bus.LeaseBus;
import dev.kvorum.verticles.bus.StoreBus;
import dev.kvorum.verticles.bus.WatchBus;
import dev.kvorum.verticles.metrics.NodeMetrics;
import dev.kvorum.verticles.metrics.NodeState;
import dev.kvorum.verticles.stage.Answer;
import dev.kvorum.verticles.stage.RequestId;
import dev.kvorum.verticles.store.BackendWriter;
import dev.kvorum.verticles.store.Pins;
import dev.kvorum.verticles.store.RecordMemory;
import dev.kvorum.verticles.store.RecordReader;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.EventBus;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The front end on a real event loop; the test plays Raft and the store on the event bus. */
class FrontEndTest {
  private static final int LIFE = 7;
  private static final long MEMBER = 5;
  private static final long TERM = 2;
  private static final long UNLIMITED = -1;

  /** How long a test waits for what must come; nothing is ever expected after this time. */
  private static final long PATIENCE_SECONDS = 60;

  private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(2 * PATIENCE_SECONDS);
  private static final long SHORT_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** What must be over in a test's time, and not before a busy machine has made its calls. */
  private static final long UNHURRIED_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final long MAX_REQUEST_BYTES = 1_572_864;
  private static final CallContext LEADER_REQUIRED = new CallContext(CallContext.NO_DEADLINE, true);

  private final Vertx vertx = Vertx.vertx();
  private final EventBus bus = vertx.eventBus();
  private final Context context = vertx.getOrCreateContext();
  private final BlockingQueue<RaftBus.Proposals> proposals;
  private final BlockingQueue<RaftBus.ReadRound> rounds;
  private final MemoryBackend backend = new MemoryBackend();
  private final Ledger ledger = new Ledger(8 << 20, 8 << 20, 8 << 20, 1 << 20);
  private final RecordMemory memory = new RecordMemory(ledger);
  private final BlockingQueue<Throwable> faults = new LinkedBlockingQueue<>();
  private final RecordReader reader = new RecordReader(backend, memory, faults::add);
  private final StateMachine machine = machine();
  private NodeContext node = node(limits(UNLIMITED, LONG_NANOS));
  private int loop;
  private FrontEnd front;

  FrontEndTest() throws Exception {
    RaftBus.register(bus);
    StoreBus.register(bus);
    LeaseBus.register(bus);
    WatchBus.register(bus);
    proposals = inbox(RaftBus.PROPOSE);
    rounds = inbox(RaftBus.READ);
    front = onLoop(() -> new FrontEnd(node, context, loop));
  }

  @AfterEach
  void close() throws Exception {
    reader.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(faults).isEmpty();
  }

  /** Contract S4.1: the quota before everything else; S17.3: the member raises its alarm once. */
  @Test
  void theQuotaIsCheckedBeforeTheEmptyKey() throws Exception {
    restart(limits(1, LONG_NANOS));

    var answers = turn(CallContext.PLAIN, put("", "1"), put("a", "1"), delete(""));

    assertThat(failure(answers.get(0))).isEqualTo(Failure.NO_SPACE);
    assertThat(failure(answers.get(1))).isEqualTo(Failure.NO_SPACE);
    assertThat(failure(answers.get(2))).isEqualTo(Failure.EMPTY_KEY);
    var raised = envelopes(take(proposals));
    assertThat(raised).hasSize(1);
    assertThat(raised.getFirst().kind()).isEqualTo(Envelope.Kind.ALARM);
    assertThat(raised.getFirst().body())
        .isEqualTo(
            CommandCodec.encode(
                new Command.Alarm(Command.Alarm.ACTIVATE, MEMBER, Command.Alarm.NOSPACE)));
  }

  @Test
  void theEmptyKeyIsRefusedWithoutAskingRaft() throws Exception {
    var answers = turn(CallContext.PLAIN, put("", "1"), range("", true), put("a", "1"));

    assertThat(failure(answers.get(0))).isEqualTo(Failure.EMPTY_KEY);
    assertThat(failure(answers.get(1))).isEqualTo(Failure.EMPTY_KEY);
    assertThat(envelopes(take(proposals))).hasSize(1);
  }

  /** Contract S21.3. */
  @Test
  void aBacklogOfFiveThousandEntriesIsAcceptedAndOneMoreIsNot() throws Exception {
    var applied = node.applied().appliedIndex();

    node.publish(status(MEMBER, applied + 5_000, true));
    var accepted = call(put("a", "1"));
    answer(take(proposals), new Result.Put(2, null));
    assertThat(await(accepted)).isEqualTo(new Result.Put(2, null));

    node.publish(status(MEMBER, applied + 5_001, true));
    assertThat(failure(call(put("a", "2")))).isEqualTo(Failure.TOO_MANY_REQUESTS);
  }

  @Test
  void aProposalThatNobodyAnswersTimesOut() throws Exception {
    restart(limits(UNLIMITED, SHORT_NANOS));

    var answers = turn(CallContext.PLAIN, put("a", "1"), put("b", "2"));

    assertThat(failure(answers.get(0))).isEqualTo(Failure.TIMEOUT);
    assertThat(failure(answers.get(1))).isEqualTo(Failure.TIMEOUT);
    assertThat(take(proposals).envelopes()).hasSize(2);
    assertThat(node.pendingProposals().sum()).isZero();
  }

  @Test
  void aReadRoundThatNobodyConfirmsTimesOut() throws Exception {
    restart(limits(UNLIMITED, SHORT_NANOS));
    node.publish(status(MEMBER, 1, false));

    assertThat(failure(call(range("a", false)))).isEqualTo(Failure.TIMEOUT);
  }

  /** The next round must not wait for one that nobody wants any more. */
  @Test
  void readsThatComeAfterALostRoundGetARoundOfTheirOwn() throws Exception {
    restart(limits(UNLIMITED, SHORT_NANOS));
    node.publish(status(MEMBER, 1, false));

    assertThat(failure(call(range("a", false)))).isEqualTo(Failure.TIMEOUT);
    assertThat(take(rounds)).isEqualTo(new RaftBus.ReadRound(loop, 1));
    bus.send(StoreBus.reads(loop), new StoreBus.ReadsReady(1));
    var _ = call(range("a", false));
    assertThat(take(rounds)).isEqualTo(new RaftBus.ReadRound(loop, 2));
  }

  /** Contract S21.5: a shorter client deadline wins, at every door and without the edge's help. */
  @Test
  void theClientsDeadlineEndsReadsAndWritesAndWhatComesLaterIsDropped() throws Exception {
    node.publish(status(MEMBER, 1, false));
    var soon = new CallContext(System.nanoTime() + UNHURRIED_NANOS, false);

    var answers = turn(soon, put("a", "1"), range("a", false));

    assertThat(failure(answers.get(0))).isEqualTo(Failure.DEADLINE_EXCEEDED);
    assertThat(failure(answers.get(1))).isEqualTo(Failure.DEADLINE_EXCEEDED);
    // The helper of these tests fails when an answer is given twice.
    answer(take(proposals), new Result.Put(2, null));
    bus.send(StoreBus.reads(loop), new StoreBus.ReadsReady(take(rounds).round()));
    node.publish(status(MEMBER, 1, true));
    assertThat(await(call(range("a", false)))).isInstanceOf(Result.Range.class);
    assertThat(node.pendingProposals().sum()).isZero();
  }

  @Test
  void aCallWhoseDeadlineIsOverIsNotBegun() throws Exception {
    var over = new CallContext(System.nanoTime() - 1, false);

    assertThat(failure(turn(over, put("a", "1")).getFirst())).isEqualTo(Failure.DEADLINE_EXCEEDED);
    var _ = call(put("b", "2"));
    assertThat(envelopes(take(proposals))).hasSize(1);
  }

  @Test
  void theClientsDeadlineEndsStreamsAndMemberLists() throws Exception {
    node.publish(status(MEMBER, 1, false));
    var soon = new CallContext(System.nanoTime() + SHORT_NANOS, false);
    var streamed = new CompletableFuture<Result>();
    var members = new CompletableFuture<Maintenance.Members>();

    var _ =
        onLoop(
            () -> {
              front.stream(range("a", false), soon, new FailedSink(streamed));
              front.maintenance().members(true, soon, members::complete);
              return true;
            });

    assertThat(failure(streamed)).isEqualTo(Failure.DEADLINE_EXCEEDED);
    assertThat(members.get(PATIENCE_SECONDS, TimeUnit.SECONDS).failure())
        .isEqualTo(Failure.DEADLINE_EXCEEDED);
  }

  /** Contract S7.3: a physical compaction waits until the records are gone, however long. */
  @Test
  void aRequestWhoseWorkIsUnderWayHasNoTimeout() throws Exception {
    restart(limits(UNLIMITED, UNHURRIED_NANOS));
    var compaction = call(new Command.Compact(1, true));
    var request = take(proposals).firstRequestId();
    bus.send(StoreBus.inProgress(loop), new StoreBus.InProgress(request));

    // It came later, so its time is over later.
    assertThat(failure(call(put("a", "1")))).isEqualTo(Failure.TIMEOUT);
    assertThat(compaction).isNotDone();
    reply(new Answer(request, new Result.Compact(1)));
    assertThat(await(compaction)).isEqualTo(new Result.Compact(1));
  }

  @Test
  void aStopAnswersRequestsWhoseWorkIsUnderWay() throws Exception {
    var compaction = call(new Command.Compact(1, true));
    var request = take(proposals).firstRequestId();
    bus.send(StoreBus.inProgress(loop), new StoreBus.InProgress(request));
    // Sent from the same place, so it arrives after the word before it.
    var later = call(put("a", "1"));
    answer(take(proposals), new Result.Put(2, null));
    var _ = await(later);

    var _ =
        onLoop(
            () -> {
              front.stop();
              return true;
            });

    assertThat(failure(compaction)).isEqualTo(Failure.STOPPED);
  }

  /** Contract S22.2. */
  @Test
  void whoRequiresALeaderIsRefusedWithoutOneForReadsAndWrites() throws Exception {
    node.publish(status(0, 1, false));

    var answers =
        turn(LEADER_REQUIRED, put("a", "1"), delete("a"), range("a", false), range("a", true));
    for (var refused : answers) {
      assertThat(failure(refused)).isEqualTo(Failure.NO_LEADER);
    }
    assertThat(await(call(range("a", true)))).isInstanceOf(Result.Range.class);
  }

  /** Contract S10.1: what every member must do the same with is completed before it is logged. */
  @Test
  void aGrantGetsAnIdThatNobodyHasAndNoShorterTimeThanTheLeast() throws Exception {
    var granted = call(new Command.LeaseGrant(0, -1));
    var first = take(proposals);
    answer(first, new Result.Failed(Failure.LEASE_EXISTS));
    var second = take(proposals);
    answer(second, new Result.LeaseGrant(1, grant(second).id(), 2));

    assertThat(grant(first).id()).isPositive().isNotEqualTo(grant(second).id());
    assertThat(grant(second).id()).isPositive();
    assertThat(grant(first).ttlSeconds()).isEqualTo(2);
    assertThat(grant(second).ttlSeconds()).isEqualTo(2);
    assertThat(await(granted)).isInstanceOf(Result.LeaseGrant.class);
  }

  /** Contract S10.1: whoever chooses an id is told that it is taken, and a time may be too long. */
  @Test
  void aGrantWithAnIdIsLoggedAsItIsUnlessItLastsTooLong() throws Exception {
    assertThat(failure(call(new Command.LeaseGrant(-7, 9_000_000_001L))))
        .isEqualTo(Failure.LEASE_TTL_TOO_LARGE);
    var taken = call(new Command.LeaseGrant(-7, 9_000_000_000L));
    var sent = take(proposals);
    answer(sent, new Result.Failed(Failure.LEASE_EXISTS));

    assertThat(grant(sent)).isEqualTo(new Command.LeaseGrant(-7, 9_000_000_000L, true));
    assertThat(failure(taken)).isEqualTo(Failure.LEASE_EXISTS);
  }

  private static Command.LeaseGrant grant(RaftBus.Proposals sent) throws MalformedProto {
    return LeaseCommandCodec.decodeGrant(envelopes(sent).getFirst().body());
  }

  /** Contract S10.6, S21.5: a question about leases has the server's limit like any other. */
  @Test
  void aQuestionAboutLeasesThatNobodyAnswersTimesOut() throws Exception {
    restart(limits(UNLIMITED, SHORT_NANOS));

    assertThat(failure(ask(CallContext.PLAIN))).isEqualTo(Failure.TIMEOUT);
  }

  /** Contract S22.2. */
  @Test
  void whoAsksAboutLeasesAndRequiresALeaderIsRefusedWithoutOne() throws Exception {
    node.publish(status(0, 1, false));

    assertThat(failure(ask(LEADER_REQUIRED))).isEqualTo(Failure.NO_LEADER);
  }

  /** Contract S22.1, S22.2: history and the present are watched here, whoever leads. */
  @Test
  void watchesNeedNoLeaderUnlessTheirClientsWantOne() throws Exception {
    node.publish(status(0, 1, false));
    var sink = new IdleSink();

    assertThat(onLoop(() -> front.watch(CallContext.PLAIN, sink)))
        .isInstanceOf(Service.WatchStream.class);
    assertThat(onLoop(() -> front.watch(LEADER_REQUIRED, sink)))
        .isEqualTo(new Service.WatchRefused(Failure.NO_LEADER));
  }

  private CompletableFuture<Result> ask(CallContext call) throws Exception {
    var answer = new CompletableFuture<Result>();
    return onLoop(
        () -> {
          front.lease(new LeaseAsk.KeepAlive(7), call, answer::complete);
          return answer;
        });
  }

  /** Contract S21.1: 15 bytes and the length of the request's size are counted with it. */
  @Test
  void aRequestOfExactlyTheLimitPassesAndOneByteMoreDoesNot() throws Exception {
    var largest = (int) MAX_REQUEST_BYTES - 15 - 3;

    var fits = putOfSize(largest);
    var tooLarge = putOfSize(largest + 1);
    var answers = turn(CallContext.PLAIN, tooLarge, fits);

    assertThat(failure(answers.getFirst())).isEqualTo(Failure.REQUEST_TOO_LARGE);
    var sent = envelopes(take(proposals));
    assertThat(sent).hasSize(1);
    assertThat(sent.getFirst().body()).isEqualTo(CommandCodec.encode(fits));
  }

  @Test
  void allProposalsOfOneTurnLeaveAsOneMessage() throws Exception {
    var commands =
        new Command[] {put("a", "1"), delete("b"), new Command.Compact(1, false), put("c", "3")};
    var _ = turn(CallContext.PLAIN, commands);
    var _ = turn(CallContext.PLAIN, put("later", "1"));

    var first = take(proposals);
    assertThat(first.loop()).isEqualTo(loop);
    var sent = envelopes(first);
    assertThat(sent).hasSize(commands.length);
    for (var i = 0; i < commands.length; i++) {
      assertThat(sent.get(i).kind()).isEqualTo(Envelope.Kind.of(commands[i]));
      assertThat(sent.get(i).body()).isEqualTo(CommandCodec.encode(commands[i]));
      assertThat(sent.get(i).requestId()).isEqualTo(RequestId.of(LIFE, loop, i));
    }
    assertThat(first.firstRequestId()).isEqualTo(RequestId.of(LIFE, loop, 0));
    assertThat(take(proposals).firstRequestId()).isEqualTo(RequestId.of(LIFE, loop, 4));
  }

  @Test
  void answersFindTheirRequestsInAnyOrder() throws Exception {
    var waiting = turn(CallContext.PLAIN, put("a", "1"), put("b", "2"), put("c", "3"));
    var first = take(proposals).firstRequestId();

    reply(new Answer(first + 2, new Result.Put(12, null)));
    reply(
        new Answer(first + 1, new Result.Put(11, null)),
        new Answer(first, new Result.Put(10, null)));

    for (var i = 0; i < waiting.size(); i++) {
      assertThat(await(waiting.get(i))).isEqualTo(new Result.Put(10 + i, null));
    }
  }

  @Test
  void anAnswerThatComesTwiceIsGivenOnce() throws Exception {
    var waiting = turn(CallContext.PLAIN, put("a", "1"), put("b", "2"));
    var first = take(proposals).firstRequestId();

    var answer = new Answer(first, new Result.Put(10, null));
    reply(answer, answer, new Answer(first + 1, new Result.Put(11, null)));

    assertThat(await(waiting.get(0))).isEqualTo(new Result.Put(10, null));
    assertThat(await(waiting.get(1))).isEqualTo(new Result.Put(11, null));
    assertThat(node.pendingProposals().sum()).isZero();
  }

  @Test
  void aRefusedBatchAnswersAllItsRequests() throws Exception {
    var waiting = turn(CallContext.PLAIN, put("a", "1"), put("b", "2"), put("c", "3"));
    var sent = take(proposals);

    bus.send(
        RaftBus.refused(loop),
        new RaftBus.Refused(
            loop, sent.firstRequestId(), sent.envelopes().size(), Failure.LEADER_CHANGED));

    for (var refused : waiting) {
      assertThat(failure(refused)).isEqualTo(Failure.LEADER_CHANGED);
    }
  }

  /** Contract S2.8, S21.7. */
  @Test
  void linearizableReadsOfOneTurnShareARoundAndWaitForIt() throws Exception {
    node.publish(status(MEMBER, 1, false));

    var early = turn(CallContext.PLAIN, range("a", false), range("b", false), range("a", false));
    assertThat(take(rounds)).isEqualTo(new RaftBus.ReadRound(loop, 1));
    var late = turn(CallContext.PLAIN, range("a", false)).getFirst();
    assertThat(early).noneMatch(CompletableFuture::isDone);

    var record = store(put("a", "new")).record();
    bus.send(StoreBus.reads(loop), new StoreBus.ReadsReady(1));
    assertThat(await(early.get(0))).isEqualTo(new Result.Range(2, List.of(record), false, 1));
    assertThat(await(early.get(1))).isEqualTo(new Result.Range(2, List.of(), false, 0));
    assertThat(await(early.get(2))).isEqualTo(new Result.Range(2, List.of(record), false, 1));

    // The first round may have been confirmed before the late read came.
    assertThat(take(rounds)).isEqualTo(new RaftBus.ReadRound(loop, 2));
    assertThat(late).isNotDone();
    bus.send(StoreBus.reads(loop), new StoreBus.ReadsReady(2));
    assertThat(await(late)).isEqualTo(new Result.Range(2, List.of(record), false, 1));
  }

  @Test
  void aSerializableReadIsAnsweredAtOnce() throws Exception {
    node.publish(status(0, 1, false));

    var answers =
        onLoop(
            () -> {
              var given = new ArrayList<Result>();
              front.call(range("a", true), Bytes.EMPTY, CallContext.PLAIN, given::add);
              return List.copyOf(given);
            });

    assertThat(answers).containsExactly(new Result.Range(1, List.of(), false, 0));
  }

  @Test
  void aRecordThatMemoryHasNotIsFetchedFromTheBackend() throws Exception {
    var write = store(put("a", "cold"));
    assertThat(memory.find(write.revision())).isNull();

    assertThat(await(call(range("a", false))))
        .isEqualTo(new Result.Range(2, List.of(write.record()), false, 1));
    assertThat(memory.find(new Revision(2, 0))).isEqualTo(write.record());
    assertThat(node.pins().allowsRemovalAt(Long.MAX_VALUE)).isTrue();
  }

  @Test
  void whatWaitsForRaftIsAnsweredWhenTheMemberStops() throws Exception {
    var waiting = turn(CallContext.PLAIN, put("a", "1"), delete("b"));
    assertThat(take(proposals).envelopes()).hasSize(2);

    var _ =
        onLoop(
            () -> {
              front.stop();
              return true;
            });

    for (var stopped : waiting) {
      assertThat(failure(stopped)).isEqualTo(Failure.STOPPED);
    }
    assertThat(failure(call(put("c", "3")))).isEqualTo(Failure.STOPPED);
    assertThat(node.pendingProposals().sum()).isZero();
  }

  /** What is proposed stands behind all that was proposed before, so large requests take turns. */
  @Test
  void aSmallPutPassesLargeOnesThatWaitForTheirTurn() throws Exception {
    var large = putOfSize(1 << 20);
    var waiting = turn(CallContext.PLAIN, large, large, large, large, large, put("small", "1"));

    var first = take(proposals);
    assertThat(envelopes(first)).hasSize(4);
    assertThat(envelopes(first).getLast().body()).isEqualTo(CommandCodec.encode(put("small", "1")));
    answerAll(first, new Result.Put(2, null));

    var second = take(proposals);
    assertThat(envelopes(second)).hasSize(2);
    answerAll(second, new Result.Put(3, null));

    for (var number = 0; number < waiting.size(); number++) {
      var revision = number == 3 || number == 4 ? 3 : 2;
      assertThat(await(waiting.get(number))).isEqualTo(new Result.Put(revision, null));
    }
    assertThat(node.pendingProposals().sum()).isZero();
    assertThat(ledger.used(Ledger.Account.REQUESTS)).isZero();
  }

  @Test
  void aLargePutWhoseTurnComesTooLateTimesOut() throws Exception {
    restart(limits(UNLIMITED, SHORT_NANOS));
    var large = putOfSize(1_500_000);

    for (var late : turn(CallContext.PLAIN, large, large, large)) {
      assertThat(failure(late)).isEqualTo(Failure.TIMEOUT);
    }

    assertThat(ledger.used(Ledger.Account.REQUESTS)).isZero();
  }

  /** A front end with other limits, on a loop number that nobody has listened on. */
  private void restart(ServiceLimits limits) throws Exception {
    node = node(limits);
    loop++;
    front = onLoop(() -> new FrontEnd(node, context, loop));
  }

  private CompletableFuture<Result> call(Command command) throws Exception {
    return turn(CallContext.PLAIN, command).getFirst();
  }

  /** Makes all calls in one turn of the loop, which has ended on return. */
  private List<CompletableFuture<Result>> turn(CallContext call, Command... commands)
      throws Exception {
    return onLoop(
        () -> {
          var answers = new ArrayList<CompletableFuture<Result>>();
          for (var command : commands) {
            var answer = new CompletableFuture<Result>();
            answers.add(answer);
            var body =
                command instanceof Command.Range ? Bytes.EMPTY : CommandCodec.encode(command);
            front.call(command, body, call, result -> assertThat(answer.complete(result)).isTrue());
          }
          return answers;
        });
  }

  private <T> T onLoop(Supplier<T> action) throws Exception {
    var done = new CompletableFuture<T>();
    context.runOnContext(
        _ -> {
          try {
            done.complete(action.get());
          } catch (RuntimeException | Error fault) {
            done.completeExceptionally(fault);
          }
        });
    return done.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private static Result await(CompletableFuture<Result> answer) throws Exception {
    return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private static Failure failure(CompletableFuture<Result> answer) throws Exception {
    assertThat(await(answer)).isInstanceOf(Result.Failed.class);
    return ((Result.Failed) await(answer)).failure();
  }

  private <T> BlockingQueue<T> inbox(String address) {
    var messages = new LinkedBlockingQueue<T>();
    bus.<T>localConsumer(address, message -> messages.add(message.body()));
    return messages;
  }

  private static <T> T take(BlockingQueue<T> inbox) throws InterruptedException {
    return Objects.requireNonNull(inbox.poll(PATIENCE_SECONDS, TimeUnit.SECONDS), "no message");
  }

  private static List<Envelope> envelopes(RaftBus.Proposals proposals) {
    return proposals.envelopes().stream().map(Envelope::decode).toList();
  }

  private void answer(RaftBus.Proposals proposals, Result result) {
    reply(new Answer(proposals.firstRequestId(), result));
  }

  private void answerAll(RaftBus.Proposals proposals, Result result) {
    reply(
        LongStream.range(0, proposals.envelopes().size())
            .mapToObj(number -> new Answer(proposals.firstRequestId() + number, result))
            .toArray(Answer[]::new));
  }

  private void reply(Answer... answers) {
    bus.send(StoreBus.answers(loop), new StoreBus.Answers(List.of(answers)));
  }

  /** Applies the put as the store would, with the record in the backend alone. */
  private Write store(Command.Put put) {
    var outcome = machine.apply(machine.appliedIndex() + 1, TERM, put, Records.NONE);
    var write = outcome.writes().getFirst();
    backend.commit(
        new WriteBatch()
            .put(Bucket.KEY, write.bucketKey(), write.bucketValue())
            .put(Bucket.META, StoreMeta.KEY, machine.meta().encode()));
    node.publish(machine.state());
    return write;
  }

  private static Command.Put put(String key, String value) {
    return new Command.Put(Bytes.utf8(key), Bytes.utf8(value), 0, false, false, false);
  }

  /** A put whose message has that size, above 16 KiB: 3 bytes of key, 4 before the value. */
  private static Command putOfSize(int size) {
    var put = put("a", "v".repeat(size - 7));
    assertThat(CommandCodec.encode(put).size()).isEqualTo(size);
    return put;
  }

  private static Command delete(String key) {
    return new Command.DeleteRange(Bytes.utf8(key), Bytes.EMPTY, false);
  }

  private static Command.Range range(String key, boolean serializable) {
    return new Command.Range(
        Bytes.utf8(key), Bytes.EMPTY, 0, 0, 0, 0, serializable, false, false, 0, 0, 0, 0);
  }

  private static RaftStatus status(long leader, long committed, boolean readsNeedNoRound) {
    return new RaftStatus(MEMBER, TERM, leader, committed, false, readsNeedNoRound);
  }

  private static ServiceLimits limits(long quotaBytes, long requestTimeoutNanos) {
    return new ServiceLimits(128, MAX_REQUEST_BYTES, quotaBytes, requestTimeoutNanos, 2);
  }

  private static StateMachine machine() {
    var kv = new MvccStore(IndexMemory.onHeap());
    var loaded =
        new LoadedState(kv.meta(1, 1), kv, new LeaseTable(), new Alarms(), new Members(), "");
    return new StateMachine(loaded, Long.MAX_VALUE);
  }

  private NodeContext node(ServiceLimits limits) {
    return new NodeContext(
        new Service.Identity(1, MEMBER),
        LIFE,
        limits,
        ledger,
        memory,
        reader,
        new BackendWriter(backend, 1, new UnheardWriter()),
        new Pins(),
        new NodeMetrics(
            new NodeMetrics.NodeLabels(MEMBER, "3.7.1", "java25", limits.reportedQuotaBytes()),
            () -> NodeState.UNKNOWN,
            false),
        machine.state(),
        status(MEMBER, 1, true));
  }

  /** Takes the failure of a stream that nobody reads. */
  private record FailedSink(CompletableFuture<Result> failure) implements Service.RangeSink {
    @Override
    public void answer(Result.Range result) {
      throw new AssertionError("an answer without a confirmed read");
    }

    @Override
    public void begin(RangeMessage message) {
      throw new AssertionError("a message without a confirmed read");
    }

    @Override
    public void keyValues(ByteBuffer fields, Runnable whenGone) {
      throw new AssertionError("key-values without a confirmed read");
    }

    @Override
    public void end() {
      throw new AssertionError("an end without a confirmed read");
    }

    @Override
    public void failed(Failure why) {
      failure.complete(new Result.Failed(why));
    }

    @Override
    public boolean isWritable() {
      return true;
    }

    @Override
    public void onDrain(Runnable action) {
      action.run();
    }

    @Override
    public boolean isClosed() {
      return false;
    }
  }

  /** Of a watch to which nothing happens. */
  private static final class IdleSink implements Service.WatchSink {
    @Override
    public void send(Bytes start, long watchId, Bytes events) {
      throw new AssertionError("nothing is watched");
    }

    @Override
    public void flush() {}

    @Override
    public boolean isWritable() {
      return true;
    }

    @Override
    public void onDrain(Runnable action) {}

    @Override
    public void pauseRequests() {}

    @Override
    public void resumeRequests() {}
  }
}
