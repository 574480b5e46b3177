package dev.kvorum.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.kvorum.api.etcdserverpb.DeleteRangeResponse;
import dev.kvorum.api.etcdserverpb.RangeResponse;
import dev.kvorum.api.etcdserverpb.TxnResponse;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.CommandCodec;
import dev.kvorum.storage.model.CommandText;
import dev.kvorum.storage.model.MalformedProto;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs unary calls that took too long (contract S21.8). Messages are looked at only then, and
 * values of keys are never written.
 */
final class SlowCalls {
  private static final Logger LOGGER = LoggerFactory.getLogger(SlowCalls.class);

  /** Local time as in the line's own {@code ts} (contract S25.3). */
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSXX");

  private final long expectedNanos;

  /**
   * @param expected a call that takes longer is logged
   */
  SlowCalls(Duration expected) {
    expectedNanos = expected.toNanos();
  }

  /**
   * What a message is about; -1 where the method has no such number.
   *
   * @param content of the request, without values
   */
  record Sizes(
      long requestCount, long requestSize, long responseCount, long responseSize, String content) {
    private static final Sizes UNKNOWN = new Sizes(-1, -1, -1, -1, "");
  }

  boolean isSlow(long tookNanos) {
    return tookNanos > expectedNanos;
  }

  /**
   * A slow call ended.
   *
   * @param request the message, or null when none was read
   * @param response the message, or its last part, or null when the call failed
   * @param responseSize of the whole message
   */
  void log(
      RpcMethod method,
      long tookNanos,
      @Nullable SocketAddress remote,
      @Nullable Bytes request,
      @Nullable Bytes response,
      long responseSize) {
    if (method.shape() != RpcMethod.Shape.UNARY || request == null) {
      return;
    }
    var sizes = sizes(method, request, response, responseSize);
    LOGGER
        .atWarn()
        .addKeyValue(
            "start time",
            TIME.format(Instant.now().minusNanos(tookNanos).atZone(ZoneId.systemDefault())))
        .addKeyValue("time spent", Duration.ofNanos(tookNanos))
        .addKeyValue("remote", String.valueOf(remote))
        .addKeyValue("response type", method.path())
        .addKeyValue("request count", sizes.requestCount)
        .addKeyValue("request size", sizes.requestSize)
        .addKeyValue("response count", sizes.responseCount)
        .addKeyValue("response size", sizes.responseSize)
        .addKeyValue("request content", sizes.content)
        .log("request stats");
  }

  /** Counts as etcd counts them: a put is one, a transaction has the operations of its branch. */
  static Sizes sizes(RpcMethod method, Bytes request, @Nullable Bytes response, long responseSize) {
    try {
      if (method.equals(RpcMethods.RANGE)) {
        var count = number(response, RangeResponse.COUNT_FIELD_NUMBER);
        return of(0, CommandCodec.decodeRange(request), request, count, responseSize);
      }
      if (method.equals(RpcMethods.PUT)) {
        return of(1, CommandCodec.decodePut(request), request, 0, responseSize);
      }
      if (method.equals(RpcMethods.DELETE_RANGE)) {
        var count = number(response, DeleteRangeResponse.DELETED_FIELD_NUMBER);
        return of(0, CommandCodec.decodeDeleteRange(request), request, count, responseSize);
      }
      if (method.equals(RpcMethods.TXN)) {
        var txn = CommandCodec.decodeTxn(request);
        var succeeded = number(response, TxnResponse.SUCCEEDED_FIELD_NUMBER) != 0;
        var ops = succeeded ? txn.success().size() : txn.failure().size();
        return of(ops, txn, request, 0, responseSize);
      }
      return Sizes.UNKNOWN;
    } catch (MalformedProto | IOException malformed) {
      // The call was refused for it; there is nothing to tell of its content.
      return Sizes.UNKNOWN;
    }
  }

  /** A number of the message, found without making objects of the rest: it may be very large. */
  private static long number(@Nullable Bytes message, int field) throws IOException {
    if (message == null) {
      return 0;
    }
    var input =
        CodedInputStream.newInstance(message.sharedArray(), message.offset(), message.size());
    for (var tag = input.readTag(); tag != 0; tag = input.readTag()) {
      if (WireFormat.getTagFieldNumber(tag) == field) {
        return input.readInt64();
      }
      input.skipField(tag);
    }
    return 0;
  }

  private static Sizes of(
      long requestCount, Command command, Bytes request, long responseCount, long responseSize) {
    return new Sizes(
        requestCount, request.size(), responseCount, responseSize, CommandText.of(command));
  }
}
