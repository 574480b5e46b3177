package dev.kvorum.server.config;

/**
 * Everything a node is told at start: checked once, immutable after.
 *
 * @param cluster what the members of a cluster must agree on
 * @param member what is this node's own
 */
public record ServerConfig(ClusterConfig cluster, MemberConfig member) {

  /** The members that {@code --initial-cluster} names, for a node without data (contract S15.1). */
  public InitialCluster initialCluster() throws ConfigException {
    return InitialCluster.parse(cluster.initialCluster());
  }

  /**
   * Checks what a node needs that founds a cluster: it is among the founders, under the peer URLs
   * that it advertises, and no URL occurs twice. A node with data is not asked.
   *
   * @return the founders
   */
  public InitialCluster founders() throws ConfigException {
    var founders = initialCluster();
    founders.checkFoundedBy(member.name(), member.advertisePeerUrls());
    return founders;
  }
}
