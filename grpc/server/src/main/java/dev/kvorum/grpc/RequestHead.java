package dev.kvorum.grpc;

import dev.kvorum.storage.model.Failure;
import dev.kvorum.verticles.service.CallContext;
import io.vertx.core.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the header fields of a request say, or why it is refused before a byte of its body counts.
 */
sealed interface RequestHead {
  String GRPC_CONTENT_TYPE = "application/grpc";

  /** Names of header fields, in the form that finds them fastest. */
  CharSequence CONTENT_TYPE = HttpHeaders.createOptimized("content-type");

  CharSequence GRPC_TIMEOUT = HttpHeaders.createOptimized("grpc-timeout");
  CharSequence GRPC_ENCODING = HttpHeaders.createOptimized("grpc-encoding");
  CharSequence CLIENT_API_VERSION = HttpHeaders.createOptimized("client-api-version");
  CharSequence HAS_LEADER = HttpHeaders.createOptimized("hasleader");

  /**
   * A call that may go on.
   *
   * @param timeoutNanos how long the client waits, or {@link CallContext#NO_DEADLINE}
   */
  record Accepted(
      RpcMethod method, long timeoutNanos, boolean requireLeader, String clientApiVersion)
      implements RequestHead {}

  /**
   * A call that is answered at once.
   *
   * @param httpStatus 200 unless the request is not gRPC at all
   */
  record Refused(int httpStatus, GrpcStatus status) implements RequestHead {
    Refused(GrpcStatus status) {
      this(200, status);
    }
  }

  /** True for content types that gRPC's edge answers, be it with a refusal. */
  static boolean isGrpc(@Nullable String contentType) {
    return contentType != null
        && contentType.regionMatches(true, 0, GRPC_CONTENT_TYPE, 0, GRPC_CONTENT_TYPE.length());
  }

  /**
   * Judges a request in the order in which clients of other servers see these refusals.
   *
   * @param verb the HTTP method
   * @param path the request's path
   * @param field the first value of the named header field, or null; a byte beyond ASCII is the
   *     character of the same number
   */
  static RequestHead read(
      String verb, String path, Function<CharSequence, @Nullable String> field) {
    var contentType = field.apply(CONTENT_TYPE);
    if (contentType == null || !isWellFormed(contentType)) {
      return new Refused(
          415,
          new GrpcStatus(
              GrpcCode.INVALID_ARGUMENT,
              "invalid gRPC request content-type "
                  + Quoted.of(contentType == null ? "" : contentType)));
    }
    if (!verb.equals("POST")) {
      return new Refused(
          405,
          GrpcStatus.internal(
              "Received a HEADERS frame with :method "
                  + Quoted.of(verb)
                  + " which should be POST"));
    }
    var timeout = field.apply(GRPC_TIMEOUT);
    var timeoutNanos = timeout == null ? CallContext.NO_DEADLINE : GrpcTimeout.parseNanos(timeout);
    if (timeout != null && timeoutNanos == GrpcTimeout.MALFORMED) {
      return new Refused(400, GrpcStatus.internal("malformed grpc-timeout: " + Quoted.of(timeout)));
    }
    var method = RpcMethods.byPath(path);
    if (method == null) {
      return new Refused(RpcMethods.unknown(path));
    }
    var encoding = field.apply(GRPC_ENCODING);
    if (encoding != null && !encoding.equals("identity") && !encoding.isEmpty()) {
      return new Refused(
          GrpcStatus.unimplemented(
              "grpc: Decompressor is not installed for grpc-encoding " + Quoted.of(encoding)));
    }
    var clientApiVersion = field.apply(CLIENT_API_VERSION);
    if (clientApiVersion == null) {
      clientApiVersion = RpcObserver.UNKNOWN_API_VERSION;
    } else if (!isUtf8(clientApiVersion)) {
      return new Refused(GrpcStatus.of(Failure.INVALID_CLIENT_API_VERSION));
    }
    var requireLeader = "true".equals(field.apply(HAS_LEADER));
    return new Accepted(method, timeoutNanos, requireLeader, clientApiVersion);
  }

  /** True when a {@code +subtype} or {@code ;parameters} follow, or nothing. */
  private static boolean isWellFormed(String contentType) {
    if (!isGrpc(contentType)) {
      return false;
    }
    if (contentType.length() == GRPC_CONTENT_TYPE.length()) {
      return true;
    }
    var next = contentType.charAt(GRPC_CONTENT_TYPE.length());
    return next == '+' || next == ';';
  }

  private static boolean isUtf8(String latin1) {
    for (var i = 0; i < latin1.length(); i++) {
      if (latin1.charAt(i) >= 0x80) {
        return decodes(latin1.getBytes(StandardCharsets.ISO_8859_1));
      }
    }
    return true;
  }

  private static boolean decodes(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException malformed) {
      return false;
    }
  }
}
