package dev.kvorum.server.boot;

import dev.kvorum.storage.model.Member;
import java.util.List;

/**
 * What a member without data is founded as (contract S14.1, S15.1).
 *
 * @param members all founders, this one among them
 */
public record Founding(long clusterId, long memberId, String name, List<Member> members) {
  public Founding {
    members = List.copyOf(members);
  }
}
