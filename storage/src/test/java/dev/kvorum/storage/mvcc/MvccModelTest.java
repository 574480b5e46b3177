package dev.kvorum.storage.mvcc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.CommandCodec;
import dev.kvorum.storage.model.Envelope;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.model.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Random commands against {@link NaiveStore}: every answer, event, hash and remaining record. */
final class MvccModelTest {
  private static final int MAX_TXN_OPS = 6;

  @ParameterizedTest(name = "seed {0}, {1} keys, {2} commands")
  @CsvSource({
    "1,   8, 4000",
    "2,   8, 4000",
    "3,  30, 3000",
    "4,  30, 3000",
    "5, 400, 1500",
    "6, 400, 1500",
  })
  void answersAsTheNaiveStoreDoes(long seed, int keyCount, int commandCount) throws MalformedProto {
    var run = new Run(seed, keyCount);
    if (keyCount > 100) {
      run.fill(2 * keyCount);
    }
    for (var i = 0; i < commandCount; i++) {
      run.step("seed %d, command %d".formatted(seed, i));
    }
    run.finish("seed %d, at the end".formatted(seed));
  }

  private static final class Run {
    private final Random random;
    private final RandomCommands commands;
    private final StoreHarness store = new StoreHarness();
    private final NaiveStore model = new NaiveStore(lease -> lease == 1 || lease == 2);

    Run(long seed, int keyCount) {
      random = new Random(seed);
      commands = new RandomCommands(random, keyCount);
      store.leases(lease -> lease == 1 || lease == 2);
    }

    void fill(int puts) throws MalformedProto {
      for (var i = 0; i < puts; i++) {
        write(commands.put(), "filling " + i);
      }
    }

    void step(String where) throws MalformedProto {
      switch (random.nextInt(100)) {
        case 0 -> {
          store.restart();
          model.restart();
        }
        case 1, 2 -> compact(where);
        case 3 -> store.hashCompaction();
        case 4, 5, 6 -> store.stepCompaction(1 + random.nextInt(5));
        case 7 -> hash(where);
        case 8, 9, 10, 11 -> stream(where);
        case 12, 13, 14, 15, 16, 17 -> readTxn(where);
        default -> {
          switch (random.nextInt(10)) {
            case 0, 1, 2 -> write(commands.put(), where);
            case 3 -> write(commands.deleteRange(), where);
            case 4, 5, 6 -> write(commands.txn(model.revision()), where);
            default -> range(where);
          }
        }
      }
      store.store().invariant();
      assertThat(store.store().revision()).as(where).isEqualTo(model.revision());
      assertThat(store.store().compactRevision()).as(where).isEqualTo(model.compactRevision());
    }

    private void write(Command command, String where) throws MalformedProto {
      var refusal = RequestCheck.check(command, MAX_TXN_OPS);
      assertThat(refusal)
          .as("%s: %s", where, command)
          .isEqualTo(NaiveRules.check(command, MAX_TXN_OPS));
      if (refusal == null) {
        var logged = throughTheLog(command);
        assertThat(store.apply(logged)).as("%s: %s", where, command).isEqualTo(model.run(command));
        assertThat(store.events()).as("%s: %s", where, command).isEqualTo(model.events());
        store.events().clear();
        model.events().clear();
      }
    }

    /** As a command arrives after it was written to the journal. */
    private static Command throughTheLog(Command command) throws MalformedProto {
      var kind = Envelope.Kind.of(command);
      var entry = new Envelope(kind, 7, "", 0, CommandCodec.encode(command)).encode();
      var envelope = Envelope.decode(entry);
      return CommandCodec.decode(envelope.kind(), envelope.body());
    }

    private void range(String where) {
      var range = commands.range(model.revision());
      if (isAccepted(range, where)) {
        var expected = model.run(range);
        assertThat(store.read(range)).as("%s: %s", where, range).isEqualTo(expected);
        if (LongRange.isPossible(range)) {
          assertThat(store.readLong(range)).as("%s: long %s", where, range).isEqualTo(expected);
        }
      }
    }

    private void readTxn(String where) {
      var txn = commands.readOnlyTxn(model.revision());
      assertThat(RequestCheck.isReadOnly(txn)).isTrue();
      if (isAccepted(txn, where)) {
        assertThat(store.read(txn)).as("%s: %s", where, txn).isEqualTo(model.run(txn));
      }
    }

    private static boolean isAccepted(Command command, String where) {
      var refusal = RequestCheck.check(command, MAX_TXN_OPS);
      assertThat(refusal)
          .as("%s: %s", where, command)
          .isEqualTo(NaiveRules.check(command, MAX_TXN_OPS));
      return refusal == null;
    }

    private void stream(String where) {
      var range = commands.range(model.revision());
      if (RequestCheck.checkStream(range) == null) {
        var isByKey = range.sortTarget() == Command.TARGET_KEY;
        assertThat(joined(store.stream(range)))
            .as("%s: stream %s", where, range)
            .isEqualTo(isByKey ? model.run(range) : model.run(byKey(range)));
      }
    }

    private static Command.Range byKey(Command.Range range) {
      return new Command.Range(
          range.key(),
          range.rangeEnd(),
          range.limit(),
          range.revision(),
          Command.SORT_NONE,
          Command.TARGET_KEY,
          range.serializable(),
          range.keysOnly(),
          range.countOnly(),
          0,
          0,
          0,
          0);
    }

    private static Result joined(List<Result> chunks) {
      if (!(chunks.getLast() instanceof Result.Range last)) {
        return chunks.getLast();
      }
      var kvs = new ArrayList<Bytes>();
      for (var chunk : chunks) {
        kvs.addAll(((Result.Range) chunk).kvs());
      }
      return new Result.Range(last.revision(), kvs, last.more(), last.count());
    }

    private void compact(String where) throws MalformedProto {
      var recent = Math.max(0, model.revision() - random.nextInt(30) + 1);
      write(new Command.Compact(recent, false), where);
    }

    private void hash(String where) {
      var revision = random.nextInt(3) == 0 ? 0 : random.nextLong(model.revision() + 2);
      var cached = store.store().view().compactionHash(revision);
      if (cached != null) {
        assertThat(cached).as(where).isEqualTo(model.compactionHash(revision));
        return;
      }
      var refusal = store.store().view().refusal(revision);
      if (revision > model.revision()) {
        assertThat(refusal).as(where).isEqualTo(Failure.FUTURE_REVISION);
      } else if (revision > 0 && revision < model.compactRevision()) {
        assertThat(refusal).as(where).isEqualTo(Failure.COMPACTED);
      } else {
        assertThat(refusal).as(where).isNull();
        assertThat(store.hashKv(revision)).as(where).isEqualTo(model.hash(revision));
      }
    }

    void finish(String where) {
      store.finishCompactions();
      assertThat(store.bucketKeys()).as(where).isEqualTo(model.remainingBucketKeys());
      assertThat(store.store().inUseBytes())
          .as(where)
          .isEqualTo(StoreSizes.EMPTY_BYTES + model.remainingSize());
      assertThat(store.hashKv(0)).as(where).isEqualTo(model.hash(0));
    }
  }
}
