package dev.kvorum.foreign.jetcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kvorum.foreign.Node;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.Maintenance;
import io.etcd.jetcd.cluster.Member;
import io.etcd.jetcd.kv.DeleteResponse;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.kv.PutResponse;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.maintenance.HashKVResponse;
import io.etcd.jetcd.maintenance.StatusResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.CompactOption;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.PutOption;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an application on the JVM does with etcd. */
class JetcdIT {
  private static final long PATIENCE_SECONDS = 60;
  private static final ByteSequence KEY = bytes("greeting");

  private Node node;
  private Client client;
  private KV kv;

  @BeforeEach
  void connect() throws InterruptedException {
    node = Node.kvorum();
    client = Client.builder().endpoints(node.endpoint()).build();
    kv = client.getKVClient();
  }

  @AfterEach
  void disconnect() {
    client.close();
    node.close();
  }

  @Test
  void putGetDelete() throws Exception {
    PutResponse first = await(kv.put(KEY, bytes("hello")));
    PutResponse second =
        await(kv.put(KEY, bytes("hello again"), PutOption.builder().withPrevKV().build()));
    GetResponse get = await(kv.get(KEY));
    DeleteResponse delete = await(kv.delete(KEY, DeleteOption.builder().withPrevKV(true).build()));

    assertThat(first.getHeader().getRevision()).isEqualTo(2);
    assertThat(first.hasPrevKv()).isFalse();
    assertThat(second.getPrevKv().getValue()).isEqualTo(bytes("hello"));
    KeyValue pair = get.getKvs().getFirst();
    assertThat(pair.getValue()).isEqualTo(bytes("hello again"));
    assertThat(pair.getCreateRevision()).isEqualTo(2);
    assertThat(pair.getModRevision()).isEqualTo(3);
    assertThat(pair.getVersion()).isEqualTo(2);
    assertThat(delete.getDeleted()).isEqualTo(1);
    assertThat(delete.getPrevKvs().getFirst().getValue()).isEqualTo(bytes("hello again"));
    assertThat(await(kv.get(KEY)).getCount()).isZero();
  }

  @Test
  void rangesWithOptions() throws Exception {
    for (String key : List.of("a/3", "a/1", "b", "a/2")) {
      await(kv.put(bytes(key), bytes("of " + key)));
    }
    GetOption.Builder prefix = GetOption.builder().isPrefix(true);

    assertThat(keys(await(kv.get(bytes("a/"), prefix.build()))))
        .containsExactly("a/1", "a/2", "a/3");
    GetResponse limited =
        await(
            kv.get(
                bytes("a/"),
                GetOption.builder()
                    .isPrefix(true)
                    .withLimit(2)
                    .withSortField(GetOption.SortTarget.MOD)
                    .withSortOrder(GetOption.SortOrder.DESCEND)
                    .build()));
    assertThat(keys(limited)).containsExactly("a/2", "a/1");
    assertThat(limited.isMore()).isTrue();
    assertThat(limited.getCount()).isEqualTo(3);
    assertThat(
            await(
                    kv.get(
                        bytes("a/"),
                        GetOption.builder().isPrefix(true).withCountOnly(true).build()))
                .getCount())
        .isEqualTo(3);
    assertThat(
            keys(
                await(
                    kv.get(
                        bytes("a/"), GetOption.builder().isPrefix(true).withRevision(3).build()))))
        .containsExactly("a/1", "a/3");
  }

  @Test
  void transactionsTakeTheBranchThatHolds() throws Exception {
    Cmp absent = new Cmp(KEY, Cmp.Op.EQUAL, CmpTarget.version(0));
    Op put = Op.put(KEY, bytes("1"), PutOption.DEFAULT);
    Op get = Op.get(KEY, GetOption.DEFAULT);

    TxnResponse first = await(kv.txn().If(absent).Then(put).Else(get).commit());
    TxnResponse second = await(kv.txn().If(absent).Then(put).Else(get).commit());

    assertThat(first.isSucceeded()).isTrue();
    assertThat(first.getPutResponses()).hasSize(1);
    assertThat(second.isSucceeded()).isFalse();
    assertThat(second.getGetResponses().getFirst().getKvs().getFirst().getValue())
        .isEqualTo(bytes("1"));
  }

  @Test
  void nestedTransactions() throws Exception {
    Op inner =
        Op.txn(
            new Cmp[] {new Cmp(KEY, Cmp.Op.GREATER, CmpTarget.version(0))},
            new Op[] {Op.put(bytes("then"), bytes("1"), PutOption.DEFAULT)},
            new Op[] {Op.put(bytes("else"), bytes("1"), PutOption.DEFAULT)});

    TxnResponse outer = await(kv.txn().Then(inner).commit());

    assertThat(outer.getTxnResponses().getFirst().isSucceeded()).isFalse();
    assertThat(await(kv.get(bytes("else"))).getCount()).isEqualTo(1);
    assertThat(await(kv.get(bytes("then"))).getCount()).isZero();
  }

  @Test
  void compactionForgetsOlderRevisions() throws Exception {
    await(kv.put(KEY, bytes("1")));
    await(kv.put(KEY, bytes("2")));
    await(kv.put(KEY, bytes("3")));
    await(kv.compact(3, CompactOption.builder().withCompactPhysical(true).build()));

    assertThatThrownBy(() -> await(kv.get(KEY, GetOption.builder().withRevision(2).build())))
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("etcdserver: mvcc: required revision has been compacted");
    assertThat(
            await(kv.get(KEY, GetOption.builder().withRevision(3).build()))
                .getKvs()
                .getFirst()
                .getValue())
        .isEqualTo(bytes("2"));
    assertThatThrownBy(() -> await(kv.compact(3)))
        .hasMessageContaining("etcdserver: mvcc: required revision has been compacted");
    assertThatThrownBy(() -> await(kv.compact(99)))
        .hasMessageContaining("etcdserver: mvcc: required revision is a future revision");
  }

  @Test
  void maintenanceOfAMember() throws Exception {
    await(kv.put(KEY, bytes("1")));
    Maintenance maintenance = client.getMaintenanceClient();

    StatusResponse status = await(maintenance.statusMember(node.endpoint()));
    assertThat(status.getLeader()).isEqualTo(status.getHeader().getMemberId());
    assertThat(status.getVersion()).startsWith("3.");
    assertThat(status.getDbSize()).isPositive();
    assertThat(status.getDbSizeInUse()).isBetween(1L, status.getDbSize());
    assertThat(status.getRaftAppliedIndex()).isPositive();
    assertThat(status.getErrorList()).isEmpty();
    assertThat(status.isLearner()).isFalse();

    HashKVResponse hash = await(maintenance.hashKV(node.endpoint(), 0));
    assertThat(hash.getHash()).isNotZero();
    assertThat(hash.getCompacted()).isEqualTo(-1);

    assertThat(await(maintenance.listAlarms()).getAlarms()).isEmpty();
    assertThat(await(maintenance.defragmentMember(node.endpoint()))).isNotNull();
    assertThat(await(kv.get(KEY)).getCount()).isEqualTo(1);
  }

  @Test
  void memberListNamesTheOneMember() throws Exception {
    List<Member> members = await(client.getClusterClient().listMember()).getMembers();

    assertThat(members).hasSize(1);
    Member member = members.getFirst();
    assertThat(member.getName()).isEqualTo("default");
    assertThat(member.getClientURIs()).containsExactly(URI.create(node.endpoint()));
    assertThat(member.isLearner()).isFalse();
    assertThat(member.getId()).isEqualTo(await(kv.get(KEY)).getHeader().getMemberId());
  }

  private static List<String> keys(GetResponse response) {
    return response.getKvs().stream()
        .map(pair -> pair.getKey().toString(StandardCharsets.UTF_8))
        .toList();
  }

  private static ByteSequence bytes(String text) {
    return ByteSequence.from(text, StandardCharsets.UTF_8);
  }

  private static <T> T await(CompletableFuture<T> future) throws Exception {
    return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }
}
