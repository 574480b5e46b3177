package dev.kvorum.simulator.oracle;

import static dev.kvorum.simulator.oracle.Violations.assertWrong;

import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Member;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AnnouncementsTest {
  private static final String RULE = "an announcement changes a name and no role";

  private final FakeCluster cluster = new FakeCluster();
  private final Announcements announcements = new Announcements();

  private void announced(String name, boolean learner) {
    cluster.listed = List.of(new Member(1, name, List.of(), List.of("http://one"), learner));
  }

  @Test
  void aLearnerThatIsAnnouncedStaysALearner() {
    announcements.watch(cluster);
    announcements.committed(9, new Command.PublishMember(1, "one", List.of("http://one")), 1);
    cluster.appliedIndex = 9;
    announced("one", true);
    announcements.ended();
    announced("one", false);
    assertWrong(announcements::ended, RULE);
    announced("two", true);
    assertWrong(announcements::ended, RULE);
  }

  @Test
  void whoHasNotAppliedItYetShowsWhatWas() {
    announcements.watch(cluster);
    announcements.committed(9, new Command.PublishMember(1, "one", List.of("http://one")), 1);
    cluster.appliedIndex = 8;
    announcements.ended();
  }
}
