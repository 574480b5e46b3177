package dev.kvorum.simulator.planted;

import static dev.kvorum.simulator.planted.Bug.Kind.WATCH;

import dev.kvorum.simulator.planted.Substitution.Answers;
import dev.kvorum.simulator.planted.Substitution.Calls;
import dev.kvorum.simulator.planted.Substitution.Forgets;
import dev.kvorum.simulator.planted.Substitution.Instead;
import dev.kvorum.simulator.planted.Substitution.Reads;
import java.util.List;

/** The mistakes about watches that the catalogue names, and two that the simulator found. */
final class WatchBugs {
  private static final String LIVE = "storage.watch.LiveDelivery";
  private static final String HISTORY_DELIVERY = "storage.watch.HistoryDelivery";
  private static final String PROGRESS = "storage.watch.ProgressNotices";
  private static final String OUTBOX = "storage.watch.Outbox";
  private static final String CATCH_UP = "storage.watch.CatchUp";
  private static final String STORED = "storage.watch.HistoryPlan$Stored";
  private static final String VIEW = "storage.mvcc.StoreView";
  private static final String HISTORY = "storage.index.KeyHistory";
  private static final String STREAM = "java.util.stream.Stream";

  private WatchBugs() {}

  static List<Bug> all() {
    return List.of(
        bug(
            "progress-ahead-of-events",
            "progress ahead of events (#15220)",
            "A stream is told of progress although one of its watchers is behind.",
            new Calls(PROGRESS, "answer", STREAM, "allMatch", new Instead.Constant(1)),
            "progress is never ahead of events"),
        bug(
            "rewind-after-snapshot",
            "rewind after snapshot (#15271)",
            "After a snapshot watchers are given again what they were given since they began.",
            new Reads(LIVE, "replaced", "begun", 2, 2, 0),
            "a watch shows each change once"),
        bug(
            "chunk-read-again",
            "duplicate on unsynced->synced",
            "Who is behind forgets that it was given a chunk of history, and reads it again.",
            new Forgets(HISTORY_DELIVERY, "serve", "nextRevision"),
            "a watch shows each change once"),
        bug(
            "synced-too-early",
            "loss on unsynced->synced (#17529)",
            "Who was given one chunk of history counts as synced, whatever comes after the chunk.",
            new Calls(HISTORY_DELIVERY, "serve", LIVE, "begun", new Instead.Constant(0)),
            "a watch leaves nothing out"),
        bug(
            "revision-cut-into-messages",
            "revision split",
            "Every watcher is sent large revisions in parts, whether it wants that or not.",
            new Reads(OUTBOX, "send", "fragment", 1),
            "the changes of a revision come together"),
        bug(
            "live-before-the-start",
            "future-revision leak (#20221)",
            "A synced watcher is given each event, also below the revision that it begins with.",
            new Reads(LIVE, "fanOut", "nextRevision", 0),
            "a watch shows nothing from before its start"),
        bug(
            "history-before-the-start",
            "future-revision leak (#20221)",
            "A watcher is given all of a chunk that was read for one that is further behind.",
            new Reads(CATCH_UP, "match", "from", 0),
            "a watch shows nothing from before its start"),
        bug(
            "history-newer-than-its-state",
            "wrong PrevKV after compaction",
            "History is read further than the state goes that knows what was before each change.",
            new Reads(STORED, "complete", "toRevision", 2, 4, Long.MAX_VALUE),
            "the previous value is the one from before the revision"),
        bug(
            "boundary-tombstone-removed",
            "tombstone at boundary lost (#18089, #19179)",
            "A compaction removes the tombstone of its own revision.",
            new Answers(HISTORY, "isOfRevision", 0),
            "a watch leaves nothing out"),
        bug(
            "cancelled-at-the-boundary",
            "dropped at compacted tombstone",
            "A watch that begins at the compact revision is cancelled.",
            new Calls(
                HISTORY_DELIVERY,
                "arrived",
                VIEW,
                "compactRevision",
                new Instead.Replacement("compactRevisionAndOne")),
            "a watch is cancelled only for what a compaction took from it"));
  }

  private static Bug bug(
      String name, String entry, String story, Substitution substitution, String check) {
    return new Bug(name, WATCH, entry, story, substitution, check);
  }
}
