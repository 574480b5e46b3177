package dev.kvorum.foreign.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.CompactionRequest;
import dev.kvorum.api.etcdserverpb.DeleteRangeRequest;
import dev.kvorum.api.etcdserverpb.HashKVRequest;
import dev.kvorum.api.etcdserverpb.HashKVResponse;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.api.etcdserverpb.RequestOp;
import dev.kvorum.api.etcdserverpb.TxnRequest;
import dev.kvorum.foreign.Node;
import dev.kvorum.loadtest.server.Programs;
import dev.kvorum.loadtest.wire.GrpcStatusException;
import dev.kvorum.loadtest.wire.Methods;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Opens every data directory that a released format has left in the test resources, so that no
 * change of a format goes unnoticed. A new format adds a directory and never drops an old one:
 *
 * <p>{@code mvn verify -pl clients/foreign -am -Dit.test=DataDirectoryFormatIT
 * -Dkvorum.format.write=format-2} writes the archive and what the opened store must say.
 */
class DataDirectoryFormatIT {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Path RESOURCES =
      Programs.checkout().resolve("clients/foreign/src/test/resources/data-directories");

  @BeforeAll
  static void writeTheResourceOfANewFormatWhenAsked() throws Exception {
    String name = System.getProperty("kvorum.format.write");
    if (name != null) {
      try (Node node = Node.kvorum()) {
        fill(node);
        String summary = summary(node);
        node.process().terminate();
        node.process().awaitExit(PATIENCE);
        Files.createDirectories(RESOURCES);
        DataDirectoryArchive.pack(node.dataDirectory(), RESOURCES.resolve(name + ".zip"));
        Files.writeString(RESOURCES.resolve(name + ".expected"), summary + "\n");
      }
    }
  }

  // Before the first format is final there is none.
  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("archives")
  void aDirectoryOfAnEarlierBuildOpensWithAllThatWasInIt(String archive) throws Exception {
    try (Node node = Node.kvorumOn(directory -> unpack(archive, directory))) {
      assertThat(summary(node)).isEqualTo(expected(archive));

      // The journal and the snapshots alone say the same.
      node.process().killHard();
      StateDamage.DELETED.applyTo(node.dataDirectory(), new SplittableRandom(1));
      node.restart();
      assertThat(summary(node)).isEqualTo(expected(archive));
    }
  }

  static Stream<String> archives() throws IOException {
    if (!Files.isDirectory(RESOURCES)) {
      return Stream.empty();
    }
    try (Stream<Path> files = Files.list(RESOURCES)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".zip"))
          .map(name -> name.substring(0, name.length() - ".zip".length()))
          .sorted()
          .toList()
          .stream();
    }
  }

  /** Something of everything: values of many sizes, transactions, deletes, a compaction. */
  private static void fill(Node node) throws GrpcStatusException, InterruptedException {
    for (int number = 0; number < 200; number++) {
      node.client().await(Methods.PUT, put("format/" + number % 60, number), PATIENCE);
    }
    node.client()
        .await(
            Methods.TXN,
            TxnRequest.newBuilder()
                .addSuccess(RequestOp.newBuilder().setRequestPut(put("format/txn/a", 1)))
                .addSuccess(RequestOp.newBuilder().setRequestPut(put("format/txn/b", 5_000)))
                .build(),
            PATIENCE);
    node.client()
        .await(
            Methods.DELETE_RANGE,
            DeleteRangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("format/1"))
                .setRangeEnd(ByteString.copyFromUtf8("format/2"))
                .build(),
            PATIENCE);
    node.client()
        .await(
            Methods.COMPACT,
            CompactionRequest.newBuilder().setRevision(120).setPhysical(true).build(),
            PATIENCE);
    node.client().await(Methods.PUT, put("format/last", 40), PATIENCE);
  }

  private static PutRequest put(String key, int number) {
    return PutRequest.newBuilder()
        .setKey(ByteString.copyFromUtf8(key))
        .setValue(ByteString.copyFromUtf8("value " + number + " ").concat(padding(number)))
        .build();
  }

  private static ByteString padding(int size) {
    return ByteString.copyFrom(new byte[size]);
  }

  /** The store in one line: the hash covers every key, value and revision. */
  private static String summary(Node node) throws GrpcStatusException, InterruptedException {
    HashKVResponse hash =
        node.client().await(Methods.HASH_KV, HashKVRequest.getDefaultInstance(), PATIENCE);
    return "revision "
        + hash.getHeader().getRevision()
        + " compacted "
        + hash.getCompactRevision()
        + " hash "
        + Integer.toUnsignedString(hash.getHash())
        + " member "
        + Long.toHexString(hash.getHeader().getMemberId())
        + " cluster "
        + Long.toHexString(hash.getHeader().getClusterId());
  }

  private static String expected(String archive) throws IOException {
    return Files.readString(RESOURCES.resolve(archive + ".expected")).strip();
  }

  private static void unpack(String archive, Path directory) {
    try (InputStream zip = Files.newInputStream(RESOURCES.resolve(archive + ".zip"))) {
      DataDirectoryArchive.unpack(zip, directory);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
