package dev.kvorum.server.boot;

import dev.kvorum.raft.core.Membership;
import dev.kvorum.raft.core.RaftConfig;
import dev.kvorum.raft.core.RaftCore;
import dev.kvorum.raft.stage.BootFromJournal;
import dev.kvorum.raft.stage.RaftStage;
import dev.kvorum.raft.stage.Retention;
import java.util.List;

/** Makes the Raft stage that continues a member's opened journal. */
public final class RaftStart {
  /** What stays in memory of entries that are durable; a lone voter sends them to nobody. */
  private static final long TAIL_BYTES = 4L << 20;

  private static final long UNCOMMITTED_BYTES = 64L << 20;
  private static final long APPLYING_BYTES = 16L << 20;

  /** Applied entries that stay readable for slow followers when the log is shortened. */
  private static final long CATCH_UP_ENTRIES = 5_000;

  /** The journal may grow to this before a full snapshot is written, if the data is smaller. */
  private static final long SNAPSHOT_AFTER_BYTES = 256L << 20;

  private RaftStart() {}

  /**
   * The stage, ready to start.
   *
   * @param electionTicks the election timeout in heartbeats
   * @param snapshotCount applied entries between two shortenings of the log (contract S30.3)
   */
  public static RaftStage stage(OpenedMember member, int electionTicks, long snapshotCount) {
    var memberId = member.identity().memberId();
    var journal = member.journal();
    // Another life draws other election timeouts, and the same life always the same ones.
    var seed = memberId * 31 + member.identity().incarnation();
    var config =
        RaftConfig.defaults(memberId, seed)
            .withTimeouts(electionTicks, 1)
            .withBudgets(UNCOMMITTED_BYTES, TAIL_BYTES, APPLYING_BYTES);
    // What is not applied stays on disk: the core reads it back as the store asks for it. A lone
    // voter's log holds no change of the configuration.
    var boot =
        BootFromJournal.of(
            member.identity().incarnation(),
            journal,
            journal.commit(),
            Membership.ofVoters(List.of(memberId)),
            member.state().meta().appliedIndex(),
            List.of());
    return new RaftStage(
        memberId,
        new RaftCore(config, boot),
        journal,
        new Retention(snapshotCount, CATCH_UP_ENTRIES, SNAPSHOT_AFTER_BYTES));
  }
}
