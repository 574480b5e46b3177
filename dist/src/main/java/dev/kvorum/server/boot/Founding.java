package dev.kvorum.server.boot;

import dev.kvorum.server.config.ConfigException;
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

  /** Asked only for a directory without data: one with data ignores what it says (S15.1). */
  @FunctionalInterface
  public interface Source {
    /**
     * What the configuration says.
     *
     * @throws ConfigException if the configuration founds no cluster that this release can serve
     */
    Founding get() throws ConfigException;
  }
}
