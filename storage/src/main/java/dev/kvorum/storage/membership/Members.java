package dev.kvorum.storage.membership;

import dev.kvorum.storage.model.Member;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Who belongs to the cluster, by id ascending as unsigned numbers (contract S14.6). */
public final class Members {
  private final TreeMap<Long, Member> members = new TreeMap<>(Long::compareUnsigned);

  /** The values of {@link #members}; made once a change, because it is read once a batch. */
  private List<Member> listed = List.of();

  /** Replaces all members, when a store is opened or a cluster is founded. */
  public void load(Collection<Member> all) {
    members.clear();
    all.forEach(member -> members.put(member.id(), member));
    listed = List.copyOf(members.values());
  }

  /** The member with its new attributes, or nothing when no such member exists. */
  public Optional<Member> publish(long id, String name, List<String> clientUrls) {
    var published = members.computeIfPresent(id, (_, member) -> member.published(name, clientUrls));
    listed = List.copyOf(members.values());
    return Optional.ofNullable(published);
  }

  public List<Member> list() {
    return listed;
  }
}
