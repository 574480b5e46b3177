package dev.kvorum.simulator.planted;

import static dev.kvorum.simulator.planted.Bug.Kind.MVCC;

import dev.kvorum.simulator.planted.Substitution.Answers;
import dev.kvorum.simulator.planted.Substitution.Calls;
import dev.kvorum.simulator.planted.Substitution.Instead;
import dev.kvorum.simulator.planted.Substitution.Reads;
import java.util.List;

/** The mistakes about keys and revisions that the catalogue names, and some of their kin. */
final class MvccBugs {
  private static final String STORE = "storage.mvcc.MvccStore";
  private static final String HIDDEN_INTERVAL = "storage.index.HiddenInterval";
  private static final String HIDDEN_KEYS = "storage.index.HiddenKeys";
  private static final String HISTORY = "storage.index.KeyHistory";
  private static final String CURSOR = "storage.index.RecordCursor";
  private static final String TXN = "storage.mvcc.WriteTxn";
  private static final String SELECTION = "storage.mvcc.RangeSelection";
  private static final String EVALUATION = "storage.mvcc.TxnEvaluation";
  private static final String VIEW = "storage.mvcc.StoreView";
  private static final String STAGE = "verticles.stage.StoreStage";
  private static final String BATCH = "verticles.stage.Batch";
  private static final String MACHINE = "storage.state.StateMachine";
  private static final String MATH = "java.lang.Math";

  private MvccBugs() {}

  static List<Bug> all() {
    return List.of(
        bug(
            "revision-falls-after-compaction",
            "revision decreases after compaction crash (#17780)",
            "A restarted store counts on from where it was compacted.",
            new Calls(STORE, "restore", MATH, "max", 2, 2, by("compactedIfAny")),
            "the revision follows from the log"),
        bug(
            "compaction-drops-the-visible",
            "compaction drops the version visible at compact revision",
            "A compaction removes the version of a key that is to be read at its revision.",
            new Calls(HISTORY, "goesWithAll", CURSOR, "isTombstone", number(1)),
            "every answer fits the history"),
        bug(
            "revision-split",
            "revision split",
            "Each write of a transaction gets a revision of its own.",
            new Calls(TXN, "write", TXN, "next", by("oneRevisionEach")),
            "every answer fits the history"),
        bug(
            "previous-from-before-the-txn",
            "wrong PrevKV after compaction",
            "A put builds on the key as it was before the transaction that it is part of.",
            new Calls(TXN, "put", TXN, "revision", 1, 2, by("revisionBefore")),
            "every answer fits the history"),
        bug(
            "txn-reads-the-state-before",
            "txn cache duplicate (#17247)",
            "A range in a transaction does not see what the transaction did before.",
            new Calls(TXN, "range", TXN, "revision", 1, 2, by("revisionBefore")),
            "every answer fits the history"),
        bug(
            "txn-reads-the-compacted",
            "txn compacted range diverges (#18667)",
            "A transaction's range is not checked against compactions and answers with what is left"
                + " on this member.",
            new Answers(EVALUATION, "checkRange", 0),
            "every answer fits the history"),
        bug(
            "more-missing-with-limit",
            "count/more wrong with limit",
            "A range with a limit does not look whether there is another key.",
            new Calls(SELECTION, "selectInterval", MATH, "min", by("oneLessAtMost")),
            "every answer fits the history"),
        bug(
            "follower-reads-below-index",
            "follower read below ReadIndex",
            "A member reads before it has applied what the leader had committed.",
            new Calls(STAGE, "readConfirmed", MACHINE, "appliedIndex", number(Long.MAX_VALUE)),
            "no read is stale"),
        bug(
            "answered-before-published",
            "serializable read of un-durable data",
            "A batch is answered and its state is published only with the next one.",
            new Calls(BATCH, "effects", "java.util.ArrayList", "add", 1, 7, number(1)),
            "no read is stale"),
        bug(
            "compacted-revision-served",
            "compaction drops the version visible at compact revision",
            "A range at a compacted revision is answered with what is left.",
            new Reads(VIEW, "refusal", "compactRevision", -1),
            "every answer fits the history"),
        bug(
            "future-revision-served",
            "future-revision leak (#20221)",
            "A range at a revision that is not there yet is answered.",
            new Reads(VIEW, "refusal", "revision", Long.MAX_VALUE),
            "every answer fits the history"),
        bug(
            "deleted-keys-live",
            "tombstone at boundary lost (#18089, #19179)",
            "A key whose newest record is a tombstone is found.",
            new Calls(CURSOR, "seekLive", CURSOR, "isTombstone", number(0)),
            "every answer fits the history"),
        bug(
            "hidden-keys-live",
            "tombstone at boundary lost (#18089, #19179)",
            "A key of a large delete is found until its tombstone is there.",
            new Answers(HIDDEN_INTERVAL, "hides", 0),
            "every answer fits the history"),
        bug(
            "keys-of-ended-lease-live",
            "tombstone at boundary lost (#18089, #19179)",
            "A key of a lease that ended with many others is found until its tombstone is there.",
            new Answers(HIDDEN_KEYS, "hides", 0),
            "every answer fits the history"),
        bug(
            "keys-of-ended-lease-counted",
            "count/more wrong with limit",
            "The keys of a lease that ended are counted until their tombstones are there.",
            new Answers(HIDDEN_KEYS, "count", 0),
            "every answer fits the history"),
        bug(
            "compaction-not-stored",
            "revision decreases after compaction crash (#17780)",
            "After a restart the store has forgotten up to where its history was compacted.",
            new Reads(STORE, "meta", "compactRevision", -1),
            "equal state at equal index"),
        bug(
            "sorted-after-the-limit",
            "count/more wrong with limit",
            "A range with an order and a limit takes the first keys and then sorts them.",
            new Answers(SELECTION, "stopsEarly", 1),
            "every answer fits the history"),
        bug(
            "impossible-txn-executed",
            "txn compacted range diverges (#18667)",
            "A transaction with an operation that cannot be done is executed as far as it goes.",
            new Calls(STORE, "applyTxn", EVALUATION, "check", number(0)),
            "every answer fits the history"),
        bug(
            "compared-missing-key-holds",
            "txn cache duplicate (#17247)",
            "A comparison with a key that is not there always holds.",
            new Answers(EVALUATION, "holdsForMissingKey", 1),
            "every answer fits the history"));
  }

  private static Bug bug(
      String name, String entry, String story, Substitution substitution, String check) {
    return new Bug(name, MVCC, entry, story, substitution, check);
  }

  private static Instead number(long number) {
    return new Instead.Constant(number);
  }

  private static Instead by(String replacement) {
    return new Instead.Replacement(replacement);
  }
}
