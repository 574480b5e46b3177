package dev.kvorum.simulator.oracle;

import dev.kvorum.simulator.world.Cluster;
import dev.kvorum.simulator.world.WrongException;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Member;
import java.util.List;
import java.util.TreeMap;

/**
 * The list of members as lists show it: what a member announces changes its name and where its
 * clients may call, and nothing else. A learner that announces itself stays a learner.
 */
public final class Announcements extends ClusterObserver implements CommitListener {
  private final TreeMap<Long, Member> members = new TreeMap<>(Long::compareUnsigned);
  private long lastIndex;

  /** Begins with the members of this cluster's first moment. */
  @Override
  public void watch(Cluster watched) {
    super.watch(watched);
    for (var member : watched.announcedAtFirst()) {
      members.put(member.id(), member);
    }
  }

  @Override
  public void committed(long index, Command command, long revision) {
    lastIndex = index;
    if (command instanceof Command.PublishMember(var id, var name, var clientUrls)) {
      members.computeIfPresent(
          id, (_, member) -> new Member(id, name, member.peerUrls(), clientUrls, member.learner()));
    }
  }

  @Override
  public void ended() {
    var expected = List.copyOf(members.values());
    for (var member = 0; member < cluster().memberCount(); member++) {
      var state = cluster().appliedState(member);
      if (state != null && state.appliedIndex() >= lastIndex) {
        var found = state.members();
        if (!found.equals(expected)) {
          throw new WrongException(
              "an announcement changes a name and no role",
              "member %d has %s, expected %s".formatted(member, found, expected));
        }
      }
    }
  }
}
