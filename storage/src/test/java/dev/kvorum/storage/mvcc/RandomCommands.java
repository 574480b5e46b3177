package dev.kvorum.storage.mvcc;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Command.Compare;
import dev.kvorum.storage.model.Command.TxnOp;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Seeded commands over few keys, with every option and with all kinds of nonsense. */
final class RandomCommands {
  private static final Bytes ZERO = Bytes.hex("00");
  private static final int MAX_DEPTH = 3;

  private final Random random;
  private final List<Bytes> keys;

  RandomCommands(Random random, int keyCount) {
    this.random = random;
    this.keys = new ArrayList<>();
    while (keys.size() < keyCount) {
      var letters = new byte[1 + random.nextInt(keyCount > 100 ? 8 : 3)];
      for (var i = 0; i < letters.length; i++) {
        letters[i] = (byte) "\u0000/ab\u00ff".charAt(random.nextInt(5));
      }
      keys.add(Bytes.wrap(letters));
    }
  }

  Bytes key() {
    return random.nextInt(60) == 0 ? Bytes.EMPTY : keys.get(random.nextInt(keys.size()));
  }

  private Bytes rangeEnd() {
    return switch (random.nextInt(6)) {
      case 0, 1 -> Bytes.EMPTY;
      case 2 -> ZERO;
      default -> key();
    };
  }

  private Bytes value() {
    return random.nextInt(8) == 0 ? Bytes.EMPTY : Bytes.utf8("v" + random.nextInt(30));
  }

  /** 1 and 2 are leases that exist, 3 is none. */
  private long lease() {
    return random.nextInt(4) == 0 ? random.nextInt(4) : 0;
  }

  private boolean rarely() {
    return random.nextInt(6) == 0;
  }

  Command.Put put() {
    return new Command.Put(
        key(), rarely() ? Bytes.EMPTY : value(), lease(), rarely(), rarely(), rarely());
  }

  Command.DeleteRange deleteRange() {
    return new Command.DeleteRange(key(), rangeEnd(), random.nextBoolean());
  }

  Command.Range range(long revision) {
    return new Command.Range(
        key(),
        rangeEnd(),
        random.nextInt(3) == 0 ? random.nextInt(6) - 1 : random.nextInt(4) == 0 ? 10 : 0,
        pastRevision(revision),
        random.nextInt(3) == 0 ? random.nextInt(30) == 0 ? 7 : random.nextInt(3) : 0,
        random.nextInt(3) == 0 ? random.nextInt(30) == 0 ? -1 : random.nextInt(5) : 0,
        random.nextBoolean(),
        rarely(),
        rarely(),
        filter(revision),
        filter(revision),
        filter(revision),
        filter(revision));
  }

  private long pastRevision(long revision) {
    return switch (random.nextInt(12)) {
      case 0 -> revision + random.nextInt(2);
      case 1, 2 -> Math.max(0, revision - random.nextInt(20));
      case 3 -> random.nextLong(revision + 1);
      case 4 -> -random.nextInt(4);
      default -> 0;
    };
  }

  private long filter(long revision) {
    return random.nextInt(15) == 0 ? random.nextLong(revision + 1) - 1 : 0;
  }

  Command.Txn txn(long revision) {
    return txn(revision, 1);
  }

  private Command.Txn txn(long revision, int depth) {
    var compares = new ArrayList<Compare>();
    for (var i = random.nextInt(3); i > 0; i--) {
      compares.add(compare(revision));
    }
    return new Command.Txn(compares, ops(revision, depth), ops(revision, depth));
  }

  Command.Txn readOnlyTxn(long revision) {
    var txn = txn(revision);
    return new Command.Txn(
        txn.compares(), List.of(range(revision), range(revision)), List.of(range(revision)));
  }

  private Compare compare(long revision) {
    return new Compare(
        random.nextInt(40) == 0 ? 9 : random.nextInt(4),
        random.nextInt(40) == 0 ? 9 : random.nextInt(5),
        key(),
        random.nextInt(3) == 0 ? rangeEnd() : Bytes.EMPTY,
        random.nextInt(3) == 0 ? random.nextLong(revision + 1) : random.nextInt(4),
        value());
  }

  private List<TxnOp> ops(long revision, int depth) {
    var ops = new ArrayList<TxnOp>();
    for (var i = random.nextInt(4); i > 0; i--) {
      ops.add(
          switch (random.nextInt(10)) {
            case 0, 1, 2, 3 -> put();
            case 4, 5 -> deleteRange();
            case 6, 7 -> range(revision);
            default ->
                depth == MAX_DEPTH
                    ? random.nextInt(20) == 0 ? new Command.MissingOp() : range(revision)
                    : txn(revision, depth + 1);
          });
    }
    return ops;
  }
}
