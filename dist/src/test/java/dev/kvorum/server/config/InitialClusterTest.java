package dev.kvorum.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Contract S15.1. */
class InitialClusterTest {
  private static final String THREE =
      "b=http://10.0.0.2:1,a=http://10.0.0.1:1,a=http://10.0.0.1:2,c=http://10.0.0.3:1";

  @Test
  void membersAreSortedByNameAndTheirUrlsByText() throws ConfigException {
    var cluster = InitialCluster.parse(THREE);

    assertThat(cluster.members()).containsOnlyKeys("a", "b", "c");
    assertThat(cluster)
        .hasToString(
            "a=http://10.0.0.1:1,a=http://10.0.0.1:2,b=http://10.0.0.2:1,c=http://10.0.0.3:1");
  }

  @Test
  void aFounderIsNamedWithTheUrlsThatItAdvertises() throws ConfigException {
    check(THREE, "a", "http://10.0.0.1:2,http://10.0.0.1:1");

    assertThatThrownBy(() -> check(THREE, "d", "http://10.0.0.4:1"))
        .hasMessage("couldn't find local name \"d\" in the initial cluster configuration");
    assertThatThrownBy(() -> check(THREE, "b", "http://10.0.0.9:1"))
        .hasMessage(
            "--initial-cluster has b=http://10.0.0.2:1 but missing from"
                + " --initial-advertise-peer-urls=http://10.0.0.9:1");
    assertThatThrownBy(() -> check(THREE, "b", "http://10.0.0.2:1,http://10.0.0.9:1"))
        .hasMessage(
            "--initial-advertise-peer-urls has http://10.0.0.9:1 but missing from"
                + " --initial-cluster=b=http://10.0.0.2:1");
  }

  @Test
  void aNameAndItsAddressAreTheSameHost() throws ConfigException {
    // The resolver knows an address without asking anybody.
    check("a=http://[::1]:1", "a", "http://[0:0:0:0:0:0:0:1]:1");
  }

  @Test
  void noUrlBelongsToTwoMembers() {
    assertThatThrownBy(() -> check("a=http://h:1,b=http://h:1", "a", "http://h:1"))
        .hasMessage("initial cluster a=http://h:1,b=http://h:1 has duplicate url");
  }

  @Test
  void whatIsNoListOfMembersIsRefused() {
    assertThatThrownBy(() -> InitialCluster.parse("http://h:1"))
        .hasMessageStartingWith("error setting up initial cluster: ");
    assertThatThrownBy(() -> check("", "a", "http://h:1")).hasMessageContaining("local name");
  }

  private static void check(String cluster, String name, String advertised) throws ConfigException {
    InitialCluster.parse(cluster).checkFoundedBy(name, Url.parseList(advertised));
  }
}
