package dev.kvorum.foreign.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.DeleteRangeRequest;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.foreign.Node;
import dev.kvorum.loadtest.crash.CrashVerifier;
import dev.kvorum.loadtest.crash.CrashWriter;
import dev.kvorum.loadtest.crash.WriteLedger;
import dev.kvorum.loadtest.wire.GrpcClient;
import dev.kvorum.loadtest.wire.Methods;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The verifier finds what it is there for, each planted by hand in a store that lost nothing. */
class CrashVerifierIT {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @Test
  void findsLostHalfAndDoubledWrites() throws Exception {
    try (Node node = Node.kvorum()) {
      WriteLedger ledger = new WriteLedger();
      CrashWriter writer = CrashWriter.start(node.client(), ledger, 8);
      writer.awaitAcknowledgements(100, PATIENCE);
      writer.stop();
      writer.awaitStopped(PATIENCE);
      CrashVerifier verifier = new CrashVerifier(node.client(), ledger, PATIENCE);
      assertThat(verifier.findings()).isEmpty();

      delete(node.client(), "/crash/000000000010");
      delete(node.client(), "/crash/000000000011/b");
      put(node.client(), "/crash/000000000012");
      put(node.client(), "/crash/000009999998");

      List<String> findings = verifier.findings();
      assertThat(findings)
          .anyMatch(text -> text.matches("write 10 was acknowledged at revision \\d+ and is gone"))
          .anyMatch(text -> text.equals("half a transaction: only /crash/000000000011/a"))
          .anyMatch(text -> text.equals("/crash/000000000012 was written once and has version 2"))
          .anyMatch(text -> text.equals("/crash/000000000012 has a value that was not written"))
          .anyMatch(text -> text.matches("write 12 .* and is at revision \\d+"))
          .anyMatch(text -> text.equals("/crash/000009999998 was never written"))
          .anyMatch(text -> text.matches("revision \\d+ after \\d+ writes"));
    }
  }

  private static void delete(GrpcClient client, String key) throws Exception {
    client.await(
        Methods.DELETE_RANGE,
        DeleteRangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build(),
        PATIENCE);
  }

  private static void put(GrpcClient client, String key) throws Exception {
    client.await(
        Methods.PUT,
        PutRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8(key))
            .setValue(ByteString.copyFromUtf8("planted"))
            .build(),
        PATIENCE);
  }
}
