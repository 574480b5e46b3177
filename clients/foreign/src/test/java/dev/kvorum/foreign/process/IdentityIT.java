package dev.kvorum.foreign.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.AlarmMember;
import dev.kvorum.api.etcdserverpb.AlarmRequest;
import dev.kvorum.api.etcdserverpb.AlarmType;
import dev.kvorum.api.etcdserverpb.HashRequest;
import dev.kvorum.api.etcdserverpb.MemberListRequest;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.ResponseHeader;
import dev.kvorum.foreign.Node;
import dev.kvorum.loadtest.wire.GrpcStatusException;
import dev.kvorum.loadtest.wire.Methods;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who a node is, and what it still knows after a start on the same directory. */
class IdentityIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** The ids that etcd's documentation and suites show for a default node (contract S14.1). */
  private static final long DEFAULT_MEMBER = 0x8e9e05c52164694dL;

  private static final long DEFAULT_CLUSTER = 0xcdf818194e3a8c32L;
  private static final String DEFAULT_PEER_URL = "http://localhost:2380";
  private static final PutRequest PUT =
      PutRequest.newBuilder()
          .setKey(ByteString.copyFromUtf8("k"))
          .setValue(ByteString.copyFromUtf8("v"))
          .build();

  @Test
  void aDefaultNodeHasEtcdsIdsAlarmsAndHashBeforeAndAfterAKill() throws Exception {
    try (Node node =
        Node.kvorum(
            "--initial-advertise-peer-urls=" + DEFAULT_PEER_URL,
            "--initial-cluster=default=" + DEFAULT_PEER_URL)) {
      assertIds(node.client().await(Methods.PUT, PUT, PATIENCE).getHeader());
      assertMembers(node);
      long hash = hash(node);
      assertThat(hash(node)).as("the same again").isEqualTo(hash);
      node.client().await(Methods.PUT, PUT, PATIENCE);
      long later = hash(node);
      assertThat(later).as("after another put").isNotEqualTo(hash);

      alarm(node, AlarmRequest.AlarmAction.ACTIVATE);
      assertPutIsRefused(node);

      node.process().killHard();
      node.restart();

      assertMembers(node);
      assertThat(alarm(node, AlarmRequest.AlarmAction.GET))
          .containsExactly(
              AlarmMember.newBuilder()
                  .setMemberID(DEFAULT_MEMBER)
                  .setAlarm(AlarmType.NOSPACE)
                  .build());
      assertPutIsRefused(node);
      alarm(node, AlarmRequest.AlarmAction.DEACTIVATE);
      assertThat(alarm(node, AlarmRequest.AlarmAction.GET)).isEmpty();
      var header = node.client().await(Methods.PUT, PUT, PATIENCE).getHeader();
      assertIds(header);
      assertThat(header.getRevision()).isEqualTo(4);
    }
  }

  private static void assertIds(ResponseHeader header) {
    assertThat(header.getMemberId()).isEqualTo(DEFAULT_MEMBER);
    assertThat(header.getClusterId()).isEqualTo(DEFAULT_CLUSTER);
    assertThat(header.getRaftTerm()).isPositive();
  }

  private static void assertMembers(Node node) throws Exception {
    var list = MemberListRequest.newBuilder().setLinearizable(true).build();
    var answer = node.client().await(Methods.MEMBER_LIST, list, PATIENCE);
    assertIds(answer.getHeader());
    assertThat(answer.getMembersList()).hasSize(1);
    var member = answer.getMembers(0);
    assertThat(member.getID()).isEqualTo(DEFAULT_MEMBER);
    assertThat(member.getName()).isEqualTo("default");
    assertThat(member.getPeerURLsList()).containsExactly(DEFAULT_PEER_URL);
    assertThat(member.getClientURLsList()).containsExactly(node.endpoint());
  }

  private static long hash(Node node) throws Exception {
    var answer = node.client().await(Methods.HASH, HashRequest.getDefaultInstance(), PATIENCE);
    assertIds(answer.getHeader());
    return answer.getHash();
  }

  private static void assertPutIsRefused(Node node) {
    assertThatThrownBy(() -> node.client().await(Methods.PUT, PUT, PATIENCE))
        .isInstanceOf(GrpcStatusException.class)
        .hasMessage("etcdserver: mvcc: database space exceeded");
  }

  private static List<AlarmMember> alarm(Node node, AlarmRequest.AlarmAction action)
      throws Exception {
    var all = action == AlarmRequest.AlarmAction.GET;
    var request =
        AlarmRequest.newBuilder()
            .setAction(action)
            .setMemberID(all ? 0 : DEFAULT_MEMBER)
            .setAlarm(all ? AlarmType.NONE : AlarmType.NOSPACE)
            .build();
    return node.client().await(Methods.ALARM, request, PATIENCE).getAlarmsList();
  }
}
