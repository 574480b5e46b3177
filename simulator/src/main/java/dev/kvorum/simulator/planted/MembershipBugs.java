package dev.kvorum.simulator.planted;

import static dev.kvorum.simulator.planted.Bug.Kind.MEMBERSHIP;

import dev.kvorum.simulator.planted.Substitution.Answers;
import dev.kvorum.simulator.planted.Substitution.Calls;
import dev.kvorum.simulator.planted.Substitution.Instead;
import dev.kvorum.simulator.planted.Substitution.Reads;
import dev.kvorum.simulator.planted.Substitution.Takes;
import java.util.List;

/** The mistakes about who takes part that the catalogue names. */
final class MembershipBugs {
  private static final String PEERS = "raft.core.Peers";
  private static final String RECONFIGURATION = "raft.core.Reconfiguration";
  private static final String LOG_RULE = "who takes part follows from the log";

  private MembershipBugs() {}

  static List<Bug> all() {
    return List.of(
        bug(
            "removed-leader-counts-itself",
            "removed leader counts itself",
            "Who is removed stays a voter in its own eyes, and leads on with its own vote.",
            new Takes(PEERS, "configure", 0, "withItself"),
            LOG_RULE),
        bug(
            "removed-voters-counted",
            "votes of removed member",
            "Who was a voter once is asked and counted for ever.",
            new Takes(PEERS, "configure", 0, "withRemovedVoters"),
            LOG_RULE),
        bug(
            "learner-promoted-early",
            "learner promoted early",
            "A learner gets a vote however far it is behind.",
            new Answers(RECONFIGURATION, "isReady", 1),
            "who is promoted has nearly everything"),
        bug(
            "announcement-promotes",
            "member update promotes (3.6.12 bug)",
            "A learner that announces its name is listed as a voter.",
            new Reads("storage.model.Member", "published", "learner", 0),
            "an announcement changes a name and no role"),
        bug(
            "zombie-after-restart",
            "zombie after restore",
            "A change of the members is not in the state store: a restart, or a snapshot, brings"
                + " back who was removed.",
            new Calls(
                "verticles.stage.Batch",
                "change",
                "java.util.List",
                "add",
                new Instead.Constant(1)),
            LOG_RULE));
  }

  private static Bug bug(
      String name, String entry, String story, Substitution substitution, String check) {
    return new Bug(name, MEMBERSHIP, entry, story, substitution, check);
  }
}
