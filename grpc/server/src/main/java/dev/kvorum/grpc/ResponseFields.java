package dev.kvorum.grpc;

import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.ReadOnlyHttp2Headers;
import io.netty.util.AsciiString;
import java.util.Locale;

/**
 * The header fields of answers, made once where they never change. An answer's content type repeats
 * the request's, without its parameters.
 */
final class ResponseFields {
  private static final AsciiString CONTENT_TYPE = AsciiString.cached("content-type");
  private static final AsciiString GRPC_STATUS = AsciiString.cached("grpc-status");
  private static final AsciiString GRPC_MESSAGE = AsciiString.cached("grpc-message");
  private static final AsciiString GRPC_ACCEPT_ENCODING =
      AsciiString.cached("grpc-accept-encoding");
  private static final AsciiString IDENTITY = AsciiString.cached("identity");
  private static final AsciiString HTTP_OK = AsciiString.cached("200");

  /** The end of every call that went well. */
  static final Http2Headers OK_TRAILERS =
      ReadOnlyHttp2Headers.trailers(false, GRPC_STATUS, AsciiString.cached("0"));

  private static final ResponseFields PLAIN =
      new ResponseFields(AsciiString.cached(RequestHead.GRPC_CONTENT_TYPE));
  private static final ResponseFields PROTO =
      new ResponseFields(AsciiString.cached(RequestHead.GRPC_CONTENT_TYPE + "+proto"));

  private final AsciiString contentType;
  private final Http2Headers head;

  private ResponseFields(AsciiString contentType) {
    this.contentType = contentType;
    this.head = ReadOnlyHttp2Headers.serverHeaders(false, HTTP_OK, CONTENT_TYPE, contentType);
  }

  /** The fields for answers to a request of this content type. */
  static ResponseFields answering(String contentType) {
    if (contentType.equals(RequestHead.GRPC_CONTENT_TYPE)) {
      return PLAIN;
    }
    var parameters = contentType.indexOf(';');
    var type = parameters < 0 ? contentType : contentType.substring(0, parameters);
    var subtype = type.strip().toLowerCase(Locale.ROOT);
    return switch (subtype) {
      case "application/grpc+proto" -> PROTO;
      case String known when known.startsWith("application/grpc+") ->
          new ResponseFields(AsciiString.of(known));
      case String _ -> PLAIN;
    };
  }

  /** The head of an answer that has messages. */
  Http2Headers head() {
    return head;
  }

  /** Head and end of an answer that has no message. */
  Http2Headers headAndTrailers(GrpcStatus status) {
    return ReadOnlyHttp2Headers.serverHeaders(
        false,
        HTTP_OK,
        CONTENT_TYPE,
        contentType,
        GRPC_STATUS,
        number(status),
        GRPC_MESSAGE,
        message(status));
  }

  /** The end of an answer that had messages. */
  static Http2Headers trailers(GrpcStatus status) {
    return status.code() == GrpcCode.OK
        ? OK_TRAILERS
        : ReadOnlyHttp2Headers.trailers(
            false, GRPC_STATUS, number(status), GRPC_MESSAGE, message(status));
  }

  /** The answer to a request that is no call; it names the one encoding that is spoken. */
  Http2Headers refusal(RequestHead.Refused refused) {
    return ReadOnlyHttp2Headers.serverHeaders(
        false,
        AsciiString.of(Integer.toString(refused.httpStatus())),
        CONTENT_TYPE,
        contentType,
        GRPC_STATUS,
        number(refused.status()),
        GRPC_MESSAGE,
        message(refused.status()),
        GRPC_ACCEPT_ENCODING,
        IDENTITY);
  }

  private static AsciiString number(GrpcStatus status) {
    return AsciiString.of(Integer.toString(status.code().number()));
  }

  private static AsciiString message(GrpcStatus status) {
    return AsciiString.of(PercentEncoding.encode(status.message()));
  }
}
