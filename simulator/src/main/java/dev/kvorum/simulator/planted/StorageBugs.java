package dev.kvorum.simulator.planted;

import static dev.kvorum.simulator.planted.Bug.Kind.STORAGE;

import dev.kvorum.simulator.planted.Substitution.Answers;
import dev.kvorum.simulator.planted.Substitution.Calls;
import dev.kvorum.simulator.planted.Substitution.Instead;
import dev.kvorum.simulator.planted.Substitution.Takes;
import java.util.List;

/** The mistakes about disks that the catalogue names, and some of their kin. */
final class StorageBugs {
  private static final String JOURNAL = "storage.journal.Journal";
  private static final String REST = "storage.journal.RestOfSegment";
  private static final String SECTOR = "storage.journal.Sector";
  private static final String VOTE_FILES = "storage.journal.vote.VoteFiles";
  private static final String FLUSH_BATCH = "verticles.stage.FlushBatch";
  private static final String RELEASE = "raft.stage.JournalRelease";
  private static final String PERSIST_QUEUE = "raft.stage.PersistQueue";
  private static final String LIST = "java.util.List";
  private static final String MATH = "java.lang.Math";

  private StorageBugs() {}

  static List<Bug> all() {
    return List.of(
        bug(
            "directory-not-synced",
            "no dir fsync",
            "A new segment's name is not made durable; after a power cut the segment is gone.",
            new Calls(JOURNAL, "roll", LIST, "of", by("onlyFirst")),
            "committed is durable on a quorum"),
        bug(
            "batch-not-synced",
            "append acked before sync",
            "A batch counts as durable when it is written, synced or not.",
            new Calls(JOURNAL, "writeTask", LIST, "of", by("onlyFirst")),
            "committed is durable on a quorum"),
        bug(
            "snapshot-renamed-before-sync",
            "rename before fsync",
            "A snapshot gets its name while its content is still on the way to the disk.",
            new Calls(
                "storage.journal.snapshot.SnapshotWriter",
                "finish",
                LIST,
                "of",
                1,
                2,
                by("withoutFirst")),
            "a member starts again"),
        bug(
            "journal-released-before-state-sync",
            "WAL released before state sync",
            "Entries are given up that neither a snapshot nor the synced state store holds.",
            new Calls(RELEASE, "durable", MATH, "min", 2, 2, argument(1)),
            "a member starts again"),
        bug(
            "journal-released-before-snapshot",
            "snapshot mark before sync",
            "Entries are given up that no snapshot holds, so that a lost state store cannot be made"
                + " again.",
            new Calls(RELEASE, "durable", MATH, "min", 1, 2, argument(0)),
            "a member starts again"),
        bug(
            "applied-index-behind-the-data",
            "double apply after crash",
            "The state store names an earlier index than it holds; the difference is applied"
                + " twice.",
            new Calls(FLUSH_BATCH, "of", "storage.mvcc.StoreMeta", "encode", by("oneIndexLess")),
            "equal state at equal index"),
        bug(
            "applied-index-ahead-of-the-data",
            "applied index in a separate transaction (#13766)",
            "The state store names a later index than it holds; the difference is never applied.",
            new Calls(FLUSH_BATCH, "of", "storage.mvcc.StoreMeta", "encode", by("oneIndexMore")),
            "equal state at equal index"),
        bug(
            "applied-index-in-another-transaction",
            "applied index in a separate transaction (#13766)",
            "Several flushes in one transaction are described by the first of them.",
            new Calls(FLUSH_BATCH, "of", LIST, "getLast", sibling("getFirst")),
            "equal state at equal index"),
        bug(
            "sync-retried",
            "fsync retried",
            "A failed sync is tried again and succeeds, because the kernel has dropped what it was"
                + " about.",
            new Takes(JOURNAL, "completed", 0, "syncedAtSecondTry"),
            "committed is durable on a quorum"),
        bug(
            "failed-write-acknowledged",
            "fsync retried",
            "A failed write counts as done.",
            new Takes(JOURNAL, "completed", 0, "writtenAnyway"),
            "committed is durable on a quorum"),
        bug(
            "full-disk-acknowledged",
            "ack on ENOSPC",
            "A write that found no space counts as done.",
            new Takes(JOURNAL, "completed", 0, "spaceEnough"),
            "committed is durable on a quorum"),
        bug(
            "tickets-run-ahead",
            "append acked before sync",
            "A durable batch vouches for everything that was ever appended.",
            new Calls(
                JOURNAL,
                "writeTask",
                "storage.journal.PendingRecords$Drawn",
                "ticket",
                number(Long.MAX_VALUE)),
            "committed is durable on a quorum"),
        bug(
            "later-batch-taken-for-torn",
            "torn rule eats a later valid batch",
            "A damaged batch with a later one behind it counts as a write that was cut short.",
            new Answers(REST, "hasLater", 0),
            "what was durable is there after a restart"),
        bug(
            "rot-taken-for-torn",
            "rot treated as torn",
            "A batch that rotted counts as a write that was cut short, and nothing is claimed.",
            new Answers(REST, "isRotten", 0),
            "what was durable is there after a restart"),
        bug(
            "claim-not-written",
            "claimed position forgotten",
            "What a member claims to have lost is not in its vote file when it starts again.",
            new Calls(VOTE_FILES, "encode", "storage.journal.vote.Vote", "claim", by("noClaim")),
            "who lost what was durable knows it"),
        bug(
            "recycled-sector-accepted",
            "recycled sector accepted",
            "A batch counts as whole when its first sector is there, whatever the file held before"
                + " in the others.",
            new Answers("storage.journal.JournalScanner", "isWhole", 1),
            "damage is told from a contradiction"),
        bug(
            "checksum-without-position",
            "CRC without position",
            "A whole sector counts wherever it stands.",
            new Answers(SECTOR, "isElsewhere", 0),
            "damage is told from a contradiction"),
        bug(
            "checksum-without-payload",
            "CRC without length",
            "A sector's checksum leaves the payload out, and with it every length.",
            new Calls(SECTOR, "checksum", "java.nio.ByteBuffer", "slice", by("trailerOnly")),
            "damage is told from a contradiction"),
        bug(
            "vote-in-one-file",
            "single vote slot",
            "Votes go to vote.a alone; when that rots, vote.b knows an older one.",
            new Calls(VOTE_FILES, "write", LIST, "of", by("onlyFirst")),
            "term and vote never fall"),
        bug(
            "vote-not-synced",
            "vote answered before persist",
            "The vote files are written and not synced.",
            new Calls(VOTE_FILES, "write", "java.util.ArrayList", "add", 2, 2, number(1)),
            "term and vote never fall"),
        bug(
            "torn-end-not-cleared",
            "torn rule eats a later valid batch",
            "The rest of a torn batch stays where the next batches are written.",
            new Answers("storage.journal.EndOfJournal", "makeReady", 0),
            "what was durable is there after a restart"),
        bug(
            "old-snapshot-deleted-early",
            "old snapshot deleted early",
            "The last snapshot is deleted before the next one is written; a power cut between"
                + " leaves none.",
            new Calls(
                "storage.state.StateSnapshot",
                "write",
                "storage.journal.snapshot.Snapshots",
                "begin",
                by("withoutTheOld")),
            "a member whose disk is well starts again"),
        bug(
            "lone-voter-acknowledges-early",
            "single-member early ack (#14370)",
            "A lone voter takes everything for durable that it has handed to its disk.",
            new Calls(
                "raft.stage.RaftStage", "journal", PERSIST_QUEUE, "durable", by("allIfAlone")),
            "what is committed is durable on a quorum"),
        bug(
            "swap-half-done",
            "defrag/compact swap crash (#14685)",
            "A snapshot takes the store's place, and the journal does not begin anew behind it.",
            new Calls(PERSIST_QUEUE, "add", "storage.journal.Journal", "mark", 1, 2, number(0)),
            "an invariant of the server"),
        bug(
            "quarantine-without-rebuild",
            "quarantine without rebuild",
            "A state store that was put away is followed by an empty one with the same applied"
                + " index.",
            new Calls(
                "storage.state.StateSnapshot",
                "restore",
                "storage.backend.BackendLoader",
                "add",
                1,
                2,
                number(0)),
            "the revision follows from the log"));
  }

  private static Bug bug(
      String name, String entry, String story, Substitution substitution, String check) {
    return new Bug(name, STORAGE, entry, story, substitution, check);
  }

  private static Instead number(long number) {
    return new Instead.Constant(number);
  }

  private static Instead argument(int position) {
    return new Instead.Argument(position);
  }

  private static Instead sibling(String name) {
    return new Instead.Sibling(name);
  }

  private static Instead by(String replacement) {
    return new Instead.Replacement(replacement);
  }
}
