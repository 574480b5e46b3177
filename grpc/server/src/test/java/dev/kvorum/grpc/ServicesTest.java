package dev.kvorum.grpc;

import static dev.kvorum.grpc.EdgeFixture.exchange;
import static dev.kvorum.grpc.EdgeFixture.frame;
import static dev.kvorum.grpc.Messages.STORED;
import static dev.kvorum.grpc.Messages.header;
import static dev.kvorum.grpc.Messages.stored;
import static dev.kvorum.grpc.Messages.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.api.etcdserverpb.AlarmMember;
import dev.kvorum.api.etcdserverpb.AlarmRequest;
import dev.kvorum.api.etcdserverpb.AlarmResponse;
import dev.kvorum.api.etcdserverpb.AlarmType;
import dev.kvorum.api.etcdserverpb.CompactionRequest;
import dev.kvorum.api.etcdserverpb.CompactionResponse;
import dev.kvorum.api.etcdserverpb.Compare;
import dev.kvorum.api.etcdserverpb.DefragmentRequest;
import dev.kvorum.api.etcdserverpb.DefragmentResponse;
import dev.kvorum.api.etcdserverpb.DeleteRangeRequest;
import dev.kvorum.api.etcdserverpb.DeleteRangeResponse;
import dev.kvorum.api.etcdserverpb.DowngradeInfo;
import dev.kvorum.api.etcdserverpb.HashKVRequest;
import dev.kvorum.api.etcdserverpb.HashKVResponse;
import dev.kvorum.api.etcdserverpb.HashRequest;
import dev.kvorum.api.etcdserverpb.HashResponse;
import dev.kvorum.api.etcdserverpb.MemberListRequest;
import dev.kvorum.api.etcdserverpb.MemberListResponse;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.PutResponse;
import dev.kvorum.api.etcdserverpb.RangeRequest;
import dev.kvorum.api.etcdserverpb.RangeResponse;
import dev.kvorum.api.etcdserverpb.RequestOp;
import dev.kvorum.api.etcdserverpb.ResponseHeader;
import dev.kvorum.api.etcdserverpb.ResponseOp;
import dev.kvorum.api.etcdserverpb.StatusRequest;
import dev.kvorum.api.etcdserverpb.StatusResponse;
import dev.kvorum.api.etcdserverpb.TxnRequest;
import dev.kvorum.api.etcdserverpb.TxnResponse;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import dev.kvorum.verticles.service.Maintenance;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Calls every served method with messages of the generated classes, which our own codecs never saw,
 * and reads the answers with them.
 */
@Timeout(240)
class ServicesTest {
  private final EdgeFixture edge = new EdgeFixture(GrpcLimits.DEFAULT);

  @AfterEach
  void closeEdge() {
    edge.close();
  }

  private Command received() {
    return edge.service.calls.remove().command();
  }

  @Test
  void rangeIsUnderstoodAndAnswered() {
    edge.service.script =
        FakeService.Script.of(new Result.Range(9, List.of(stored(), stored()), true, 12));

    var response =
        edge.call(
            "/etcdserverpb.KV/Range",
            RangeRequest.newBuilder()
                .setKey(text("a"))
                .setRangeEnd(text("z"))
                .setLimit(2)
                .setRevision(4)
                .setSortOrder(RangeRequest.SortOrder.DESCEND)
                .setSortTarget(RangeRequest.SortTarget.MOD)
                .setSerializable(true)
                .setKeysOnly(true)
                .setCountOnly(true)
                .setMinModRevision(-1)
                .setMaxModRevision(2)
                .setMinCreateRevision(3)
                .setMaxCreateRevision(4)
                .build(),
            RangeResponse.parser());

    assertThat(received())
        .isEqualTo(
            new Command.Range(
                Bytes.utf8("a"), Bytes.utf8("z"), 2, 4, 2, 3, true, true, true, -1, 2, 3, 4));
    assertThat(response)
        .isEqualTo(
            RangeResponse.newBuilder()
                .setHeader(header(9))
                .addKvs(STORED)
                .addKvs(STORED)
                .setMore(true)
                .setCount(12)
                .build());
  }

  @Test
  void answerBeyondWhatAMessageHoldsIsRefused() {
    // The same megabyte, named often enough to be more than two gigabytes.
    var megabyte = Bytes.wrap(new byte[1024 * 1024]);
    edge.service.script =
        FakeService.Script.of(
            new Result.Range(9, Collections.nCopies(2048, megabyte), false, 2048));

    var reply = edge.call("/etcdserverpb.KV/Range", frame(new byte[0]));

    assertThat(reply.status()).isEqualTo("8");
    assertThat(reply.message()).isEqualTo("trying to send message larger than max (2147483647)");
  }

  @Test
  void largeAnswerIsSentWhole() {
    var value = new byte[3_000_000];
    new Random(1).nextBytes(value);
    edge.service.script =
        FakeService.Script.of(new Result.Range(9, List.of(Bytes.wrap(value)), false, 1));

    var reply = edge.call("/etcdserverpb.KV/Range", frame(new byte[0]));

    assertThat(reply.status()).isEqualTo("0");
    var message = reply.messages().getFirst();
    assertThat(message.size()).isGreaterThan(value.length);
    assertThat(indexOf(message, value)).isPositive();
  }

  /** Where the value begins, when it ends with the count field behind it. */
  private static int indexOf(Bytes message, byte[] value) {
    var countFieldSize = 2;
    var at = message.size() - countFieldSize - value.length;
    return message.slice(at, at + value.length).equals(Bytes.wrap(value)) ? at : -1;
  }

  @Test
  void enumerationsOutsideOfTheirRangeReachTheService() {
    // What an unknown number means is the service's to say (contract S2.6).
    edge.service.script = FakeService.Script.of(new Result.Failed(Failure.INVALID_SORT_OPTION));

    var reply =
        edge.call(
            "/etcdserverpb.KV/Range",
            frame(
                RangeRequest.newBuilder()
                    .setKey(text("a"))
                    .setSortOrderValue(42)
                    .build()
                    .toByteArray()));

    assertThat(((Command.Range) received()).sortOrder()).isEqualTo(42);
    assertThat(reply.status()).isEqualTo("3");
    assertThat(reply.message()).isEqualTo("etcdserver: invalid sort option");
  }

  @Test
  void putIsUnderstoodAndAnswered() {
    edge.service.script = FakeService.Script.of(new Result.Put(9, stored()));

    var response =
        edge.call(
            EdgeFixture.PUT,
            PutRequest.newBuilder()
                .setKey(text("k"))
                .setValue(text("v"))
                .setLease(-1)
                .setPrevKv(true)
                .setIgnoreValue(true)
                .setIgnoreLease(true)
                .build(),
            PutResponse.parser());

    assertThat(received())
        .isEqualTo(new Command.Put(Bytes.utf8("k"), Bytes.utf8("v"), -1, true, true, true));
    assertThat(response)
        .isEqualTo(PutResponse.newBuilder().setHeader(header(9)).setPrevKv(STORED).build());
  }

  @Test
  void deleteRangeIsUnderstoodAndAnswered() {
    edge.service.script =
        FakeService.Script.of(new Result.DeleteRange(9, 2, List.of(stored(), stored())));

    var response =
        edge.call(
            "/etcdserverpb.KV/DeleteRange",
            DeleteRangeRequest.newBuilder()
                .setKey(text("k"))
                .setRangeEnd(text("l"))
                .setPrevKv(true)
                .build(),
            DeleteRangeResponse.parser());

    assertThat(received())
        .isEqualTo(new Command.DeleteRange(Bytes.utf8("k"), Bytes.utf8("l"), true));
    assertThat(response)
        .isEqualTo(
            DeleteRangeResponse.newBuilder()
                .setHeader(header(9))
                .setDeleted(2)
                .addPrevKvs(STORED)
                .addPrevKvs(STORED)
                .build());
  }

  @Test
  void txnIsUnderstoodAndAnswered() {
    edge.service.script =
        FakeService.Script.of(
            new Result.Txn(
                9,
                true,
                List.of(
                    new Result.Put(9, null),
                    new Result.Txn(0, false, List.of(new Result.Range(9, List.of(), false, 0))))));
    var put = PutRequest.newBuilder().setKey(text("k")).build();
    var range = RangeRequest.newBuilder().setKey(text("r")).build();

    var response =
        edge.call(
            "/etcdserverpb.KV/Txn",
            TxnRequest.newBuilder()
                .addCompare(
                    Compare.newBuilder()
                        .setResult(Compare.CompareResult.LESS)
                        .setTarget(Compare.CompareTarget.MOD)
                        .setKey(text("c"))
                        .setModRevision(3)
                        .setRangeEnd(text("d")))
                .addSuccess(RequestOp.newBuilder().setRequestPut(put))
                .addSuccess(
                    RequestOp.newBuilder()
                        .setRequestTxn(
                            TxnRequest.newBuilder()
                                .addFailure(RequestOp.newBuilder().setRequestRange(range))))
                .build(),
            TxnResponse.parser());

    var txn = (Command.Txn) received();
    assertThat(txn.compares())
        .containsExactly(
            new Command.Compare(2, 2, Bytes.utf8("c"), Bytes.utf8("d"), 3, Bytes.EMPTY));
    assertThat(txn.success()).hasSize(2);
    assertThat(txn.success().getFirst())
        .isEqualTo(new Command.Put(Bytes.utf8("k"), Bytes.EMPTY, 0, false, false, false));
    assertThat(((Command.Txn) txn.success().getLast()).failure()).hasSize(1);
    assertThat(response.getHeader()).isEqualTo(header(9));
    assertThat(response.getSucceeded()).isTrue();
    assertThat(response.getResponsesList())
        .extracting(ResponseOp::getResponseCase)
        .containsExactly(
            ResponseOp.ResponseCase.RESPONSE_PUT, ResponseOp.ResponseCase.RESPONSE_TXN);
    // The header of an answer inside has the revision alone (contract S6.6).
    assertThat(response.getResponses(0).getResponsePut().getHeader())
        .isEqualTo(ResponseHeader.newBuilder().setRevision(9).build());
  }

  @Test
  void compactIsUnderstoodAndAnswered() {
    edge.service.script = FakeService.Script.of(new Result.Compact(9));

    var response =
        edge.call(
            "/etcdserverpb.KV/Compact",
            CompactionRequest.newBuilder().setRevision(5).setPhysical(true).build(),
            CompactionResponse.parser());

    assertThat(received()).isEqualTo(new Command.Compact(5, true));
    assertThat(response).isEqualTo(CompactionResponse.newBuilder().setHeader(header(9)).build());
  }

  @Test
  void alarmIsUnderstoodAndAnswered() {
    edge.service.script =
        FakeService.Script.of(new Result.Alarm(9, List.of(new Result.AlarmMember(-3, 1))));

    var response =
        edge.call(
            "/etcdserverpb.Maintenance/Alarm",
            AlarmRequest.newBuilder()
                .setAction(AlarmRequest.AlarmAction.ACTIVATE)
                .setMemberID(-3)
                .setAlarm(AlarmType.NOSPACE)
                .build(),
            AlarmResponse.parser());

    assertThat(received()).isEqualTo(new Command.Alarm(1, -3, 1));
    assertThat(response)
        .isEqualTo(
            AlarmResponse.newBuilder()
                .setHeader(header(9))
                .addAlarms(AlarmMember.newBuilder().setMemberID(-3).setAlarm(AlarmType.NOSPACE))
                .build());
  }

  @Test
  void statusShowsEveryField() {
    var response =
        edge.call(
            "/etcdserverpb.Maintenance/Status",
            StatusRequest.getDefaultInstance(),
            StatusResponse.parser());

    assertThat(response)
        .isEqualTo(
            StatusResponse.newBuilder()
                .setHeader(header(9))
                .setVersion("3.7.1")
                .setDbSize(20480)
                .setDbSizeInUse(16384)
                .setDbSizeQuota(2147483648L)
                .setLeader(0x8e9e05c52164694dL)
                .setRaftIndex(11)
                .setRaftAppliedIndex(10)
                .setRaftTerm(2)
                .addErrors("trouble")
                .setIsLearner(true)
                .setStorageVersion("3.7.0")
                .setDowngradeInfo(DowngradeInfo.getDefaultInstance())
                .build());
  }

  @Test
  void statusOfAMemberWithoutALeaderIsRefusedToWhoInsistsOnOne() {
    edge.service.leader = 0;
    for (var method : List.of("Status", "Hash", "HashKV", "Defragment")) {
      var path = "/etcdserverpb.Maintenance/" + method;

      var insisting = edge.call(path, frame(new byte[0]), "hasleader", "true");

      assertThat(insisting.status()).isEqualTo("14");
      assertThat(insisting.message()).isEqualTo("etcdserver: no leader");
      assertThat(edge.call(path, frame(new byte[0])).status()).isEqualTo("0");
    }
  }

  @Test
  void hashKvShowsEveryField() {
    var response =
        edge.call(
            "/etcdserverpb.Maintenance/HashKV",
            HashKVRequest.newBuilder().setRevision(9).build(),
            HashKVResponse.parser());

    assertThat(response)
        .isEqualTo(
            HashKVResponse.newBuilder()
                .setHeader(header(9))
                .setHash(0xfedcba98)
                .setCompactRevision(3)
                .setHashRevision(9)
                .build());
  }

  @Test
  void hashKvFailsWithTheFailureOfTheService() {
    edge.service.hashKv = new Maintenance.HashKv(0, 0, 0, 0, Failure.FUTURE_REVISION);

    var reply = edge.call("/etcdserverpb.Maintenance/HashKV", frame(new byte[0]));

    assertThat(reply.status()).isEqualTo("11");
    assertThat(reply.message())
        .isEqualTo("etcdserver: mvcc: required revision is a future revision");
  }

  @Test
  void hashShowsEveryField() {
    var response =
        edge.call(
            "/etcdserverpb.Maintenance/Hash",
            HashRequest.getDefaultInstance(),
            HashResponse.parser());

    assertThat(response)
        .isEqualTo(HashResponse.newBuilder().setHeader(header(9)).setHash(0x89abcdef).build());
  }

  @Test
  void defragmentAnswersWithoutAHeader() {
    var response =
        edge.call(
            "/etcdserverpb.Maintenance/Defragment",
            DefragmentRequest.getDefaultInstance(),
            DefragmentResponse.parser());

    assertThat(edge.service.defragmentations).hasValue(1);
    assertThat(response.hasHeader()).isFalse();
  }

  @Test
  void memberListHasNoRevision() {
    var response =
        edge.call(
            "/etcdserverpb.Cluster/MemberList",
            MemberListRequest.newBuilder().setLinearizable(true).build(),
            MemberListResponse.parser());

    assertThat(response.getHeader()).isEqualTo(header(0));
    assertThat(response.getMembersList()).hasSize(1);
    var member = response.getMembers(0);
    assertThat(member.getID()).isEqualTo(0x8e9e05c52164694dL);
    assertThat(member.getName()).isEqualTo("default");
    assertThat(member.getPeerURLsList()).containsExactly("http://localhost:2380");
    assertThat(member.getClientURLsList()).containsExactly("http://localhost:2379");
    assertThat(member.getIsLearner()).isFalse();
  }

  @Test
  void memberListFailsWithTheFailureOfTheService() {
    edge.service.members = new Maintenance.Members(List.of(), Failure.TIMEOUT);

    var reply = edge.call("/etcdserverpb.Cluster/MemberList", frame(new byte[0]));

    assertThat(reply.status()).isEqualTo("14");
    assertThat(reply.message()).isEqualTo("etcdserver: request timed out");
  }

  @Test
  void everyMethodAnswersSomething() {
    for (var method : RpcMethods.ALL) {
      if (method.equals(RpcMethods.HEALTH_WATCH)) {
        continue;
      }
      edge.service.script = FakeService.Script.of(new Result.Failed(Failure.STOPPED));

      var reply = exchange(edge.open(method.path()), request -> request.end(frame(new byte[0])));

      assertThat(reply.status()).as(method.path()).isIn("0", "2", "11", "12", "14");
    }
  }
}
