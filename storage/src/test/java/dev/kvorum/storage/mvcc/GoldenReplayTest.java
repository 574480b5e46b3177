package dev.kvorum.storage.mvcc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.CommandCodec;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.MalformedProto;
import dev.kvorum.storage.model.ProtoReader;
import dev.kvorum.storage.model.ProtoWriter;
import dev.kvorum.storage.model.ResponseCodec;
import dev.kvorum.storage.model.ResponseCodec.Origin;
import dev.kvorum.storage.model.Result;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every recorded key-value call of a real etcd 3.7.1 gets the same bytes from the machine: decoded,
 * checked, planned or applied, and encoded with the recorded server's ids. The wire is not
 * involved.
 */
final class GoldenReplayTest {

  /**
   * @param sliceKeys keys that a compaction advances by each row, 0 for doing all of it at once:
   *     how far the removal got must be invisible
   */
  @ParameterizedTest
  @CsvSource({
    "kv-1001, 6012, 128, 1572864, 0",
    "kv-1001, 6012, 128, 1572864, 1",
    "kv-1002, 6012, 128, 1572864, 0",
    "kv-1003, 6012, 128, 1572864, 3",
    "kv-edges,   74,   8,    4096, 0",
    "kv-edges,   74,   8,    4096, 1",
  })
  void answersEveryRowAsEtcdDid(
      String file, int rows, int maxTxnOps, int maxRequestBytes, int sliceKeys)
      throws IOException, MalformedProto {
    var replay = new Replay(maxTxnOps, maxRequestBytes);
    var count = 0;
    for (var line : read(file)) {
      count++;
      var row = Row.parse(line);
      if (replay.origin == null && row.responses().size() == 1) {
        replay.origin = originOf(row.responses().getFirst());
      }
      assertThat(replay.answer(row))
          .as("row %d of %s: %s", count, file, line)
          .isEqualTo(row.answer());
      if (sliceKeys == 0) {
        replay.harness.finishCompactions();
      } else {
        replay.harness.stepCompaction(sliceKeys);
      }
    }
    assertThat(count).isEqualTo(rows);
  }

  private static List<String> read(String file) throws IOException {
    try (var resource =
            GoldenReplayTest.class.getResourceAsStream("/golden/" + file + ".jsonl.gz");
        var lines =
            new BufferedReader(new InputStreamReader(new GZIPInputStream(resource), UTF_8))) {
      return lines.lines().toList();
    }
  }

  private static Origin originOf(Bytes response) throws MalformedProto {
    var reader = new ProtoReader(response);
    assertThat(reader.next()).isEqualTo(ProtoReader.tag(1, ProtoReader.LENGTH));
    var header = new ProtoReader(reader.bytes());
    var ids = new long[5];
    for (var tag = header.next(); tag != 0; tag = header.next()) {
      ids[tag >>> 3] = header.varint();
    }
    return new Origin(ids[1], ids[2], ids[4]);
  }

  /** A recorded call. */
  private record Row(String rpc, Bytes request, List<Bytes> responses, int code, String message) {
    private static final Pattern CALL =
        Pattern.compile("\"rpc\":\\s*\"([^\"]*)\",\\s*\"req\":\\s*\"([0-9a-f]*)\"");
    private static final Pattern RESPONSES = Pattern.compile("\"resps?\":\\s*\\[?([^\\]}]*)");
    private static final Pattern QUOTED = Pattern.compile("\"([0-9a-f]*)\"");
    private static final Pattern STATUS =
        Pattern.compile("\"code\":\\s*(\\d+),\\s*\"message\":\\s*\"([^\"]*)\"");

    static Row parse(String line) {
      var call = found(CALL, line);
      var responses = new ArrayList<Bytes>();
      var listed = RESPONSES.matcher(line);
      if (listed.find()) {
        QUOTED
            .matcher(listed.group(1))
            .results()
            .forEach(hex -> responses.add(Bytes.hex(hex.group(1))));
        return new Row(call.group(1), Bytes.hex(call.group(2)), responses, 0, "");
      }
      var status = found(STATUS, line);
      return new Row(
          call.group(1),
          Bytes.hex(call.group(2)),
          responses,
          Integer.parseInt(status.group(1)),
          status.group(2));
    }

    private static Matcher found(Pattern pattern, String line) {
      var matcher = pattern.matcher(line);
      assertThat(matcher.find()).as(line).isTrue();
      return matcher;
    }

    String answer() throws MalformedProto {
      if (code != 0) {
        return code + " " + message;
      }
      return rpc.endsWith("/RangeStream") ? joined(responses) : responses.getFirst().toHex();
    }
  }

  /** The messages of a stream put together, however they were cut. */
  private static String joined(List<Bytes> messages) throws MalformedProto {
    var kvs = new ArrayList<String>();
    var rest = new ArrayList<String>();
    for (var message : messages) {
      var outer = new ProtoReader(message);
      assertThat(outer.next()).isEqualTo(ProtoReader.tag(1, ProtoReader.LENGTH));
      var inner = new ProtoReader(outer.bytes());
      for (var tag = inner.next(); tag != 0; tag = inner.next()) {
        switch (tag) {
          case 1 << 3 | ProtoReader.LENGTH -> rest.add("header " + inner.bytes().toHex());
          case 2 << 3 | ProtoReader.LENGTH -> kvs.add(inner.bytes().toHex());
          default -> rest.add(tag + " " + inner.varint());
        }
      }
    }
    return kvs + " " + rest;
  }

  /** The machine with the few rules that its surroundings will add. */
  private static final class Replay {
    private final StoreHarness harness = new StoreHarness();
    private final int maxTxnOps;
    private final int maxRequestBytes;
    private @Nullable Origin origin;

    Replay(int maxTxnOps, int maxRequestBytes) {
      this.maxTxnOps = maxTxnOps;
      this.maxRequestBytes = maxRequestBytes;
    }

    String answer(Row row) throws MalformedProto {
      var body = row.request();
      return switch (row.rpc()) {
        case "etcdserverpb.KV/Range" -> unary(CommandCodec.decodeRange(body), body);
        case "etcdserverpb.KV/Put" -> unary(CommandCodec.decodePut(body), body);
        case "etcdserverpb.KV/DeleteRange" -> unary(CommandCodec.decodeDeleteRange(body), body);
        case "etcdserverpb.KV/Txn" -> unary(CommandCodec.decodeTxn(body), body);
        case "etcdserverpb.KV/Compact" -> unary(CommandCodec.decodeCompact(body), body);
        case "etcdserverpb.KV/RangeStream" -> stream(CommandCodec.decodeRange(body));
        case "etcdserverpb.Maintenance/HashKV" -> hashKv(body);
        default -> throw new AssertionError(row.rpc());
      };
    }

    private String unary(Command command, Bytes body) {
      var failure = RequestCheck.check(command, maxTxnOps);
      return failure != null ? status(failure) : encoded(run(command, body));
    }

    private Result run(Command command, Bytes body) {
      if (command instanceof Command.Range range) {
        return harness.read(range);
      }
      if (command instanceof Command.Txn txn && RequestCheck.isReadOnly(txn)) {
        return harness.read(txn);
      }
      return RequestCheck.isTooLarge(body.size(), maxRequestBytes)
          ? new Result.Failed(Failure.REQUEST_TOO_LARGE)
          : harness.apply(command);
    }

    private String encoded(Result result) {
      return result instanceof Result.Failed failed
          ? status(failed.failure())
          : ResponseCodec.encode(result, origin()).toHex();
    }

    private String stream(Command.Range range) throws MalformedProto {
      var refusal = RequestCheck.checkStream(range);
      if (refusal != null) {
        return status(refusal);
      }
      var chunks = harness.stream(range);
      if (chunks.getLast() instanceof Result.Failed failed) {
        return status(failed.failure());
      }
      var messages = new ArrayList<Bytes>();
      for (var i = 0; i < chunks.size(); i++) {
        var isLast = i == chunks.size() - 1;
        messages.add(ResponseCodec.encodeChunk((Result.Range) chunks.get(i), isLast, origin()));
      }
      return joined(messages);
    }

    private String hashKv(Bytes body) throws MalformedProto {
      // The request's only field is an int64 revision with number 1, as a compaction's is.
      var revision = CommandCodec.decodeCompact(body).revision();
      var refusal = harness.hashKvRefusal(revision);
      if (refusal != null) {
        return status(refusal);
      }
      harness.hashCompaction();
      var hash = harness.hashKv(revision);
      var header = ResponseCodec.encode(new Result.Compact(harness.store().revision()), origin());
      return new ProtoWriter(64)
          .raw(header)
          .varintField(2, Integer.toUnsignedLong(hash.hash()))
          .varintField(3, hash.compactRevision())
          .varintField(4, hash.revision())
          .toBytes()
          .toHex();
    }

    private Origin origin() {
      return origin == null ? new Origin(0, 0, 0) : origin;
    }

    private static String status(Failure failure) {
      return switch (failure) {
        case EMPTY_KEY -> "3 etcdserver: key is not provided";
        case KEY_NOT_FOUND -> "3 etcdserver: key not found";
        case VALUE_PROVIDED -> "3 etcdserver: value is provided";
        case LEASE_PROVIDED -> "3 etcdserver: lease is provided";
        case TOO_MANY_OPS -> "3 etcdserver: too many operations in txn request";
        case DUPLICATE_KEY -> "3 etcdserver: duplicate key given in txn request";
        case INVALID_SORT_OPTION -> "3 etcdserver: invalid sort option";
        case REQUEST_TOO_LARGE -> "3 etcdserver: request is too large";
        case LEASE_NOT_FOUND -> "5 etcdserver: requested lease not found";
        case COMPACTED -> "11 etcdserver: mvcc: required revision has been compacted";
        case FUTURE_REVISION -> "11 etcdserver: mvcc: required revision is a future revision";
        case STREAM_CUSTOM_SORT -> "12 RangeStream does not support custom sort orders";
        case STREAM_REVISION_FILTER -> "12 RangeStream does not support revision filters";
        default -> throw new AssertionError(failure);
      };
    }
  }
}
