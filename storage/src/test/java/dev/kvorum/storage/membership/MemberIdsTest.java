package dev.kvorum.storage.membership;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Contract S14.1. */
class MemberIdsTest {
  private static final String TOKEN = "etcd-cluster";

  /** The two ids that every document about etcd shows. */
  @Test
  void defaultNodeHasTheWellKnownIds() {
    var member = MemberIds.ofFoundingMember(List.of("http://localhost:2380"), TOKEN);

    assertThat(MemberIds.text(member)).isEqualTo("8e9e05c52164694d");
    assertThat(MemberIds.text(MemberIds.ofCluster(List.of(member)))).isEqualTo("cdf818194e3a8c32");
  }

  /** The ids of etcd's own three-member example on one machine. */
  @Test
  void threeMembersHaveTheIdsThatTheRuleGives() {
    var members =
        Stream.of("http://127.0.0.1:12380", "http://127.0.0.1:22380", "http://127.0.0.1:32380")
            .map(url -> MemberIds.ofFoundingMember(List.of(url), "etcd-cluster-1"))
            .toList();

    assertThat(members)
        .map(MemberIds::text)
        .containsExactly("8211f1d0f64f3269", "91bc3c398fb3c146", "fd422379fda50e48");
    assertThat(MemberIds.text(MemberIds.ofCluster(members))).isEqualTo("ef37ad9dc622a7c4");
  }

  /**
   * Ids with the highest bit set are large, not negative: the order is that of unsigned numbers.
   */
  @Test
  void clusterIdDoesNotDependOnTheOrderOfMembers() {
    var small = 1L;
    var large = 0x8000_0000_0000_0000L;

    assertThat(MemberIds.ofCluster(List.of(large, small)))
        .isEqualTo(MemberIds.ofCluster(List.of(small, large)))
        .isNotEqualTo(MemberIds.ofCluster(List.of(small)));
  }

  @Test
  void memberIdDoesNotDependOnTheOrderOfUrls() {
    var one = "http://10.0.0.1:2380";
    var two = "http://10.0.0.2:2380";

    assertThat(MemberIds.text(MemberIds.ofFoundingMember(List.of(two, one), "t")))
        .isEqualTo(MemberIds.text(MemberIds.ofFoundingMember(List.of(one, two), "t")))
        .isEqualTo("e0afefbaf0152e78");
  }

  @Test
  void memberAddedLaterIsNamedByTheSecondOfItsAddition() {
    var urls = List.of("http://10.0.0.9:2380");

    assertThat(MemberIds.text(MemberIds.ofAddedMember(urls, 1_700_000_000L)))
        .isEqualTo("516b5733af19aa46");
    assertThat(MemberIds.ofAddedMember(urls, 1_700_000_001L))
        .isNotEqualTo(MemberIds.ofAddedMember(urls, 1_700_000_000L));
  }

  @Test
  void idsPrintWithoutPadding() {
    assertThat(MemberIds.text(0xabcL)).isEqualTo("abc");
  }
}
