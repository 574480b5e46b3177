package dev.kvorum.grpc;

import static dev.kvorum.grpc.EdgeFixture.PUT;
import static dev.kvorum.grpc.EdgeFixture.exchange;
import static dev.kvorum.grpc.EdgeFixture.frame;
import static dev.kvorum.grpc.EdgeFixture.get;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.kvorum.api.etcdserverpb.PutRequest;
import dev.kvorum.storage.model.Bytes;
import dev.kvorum.storage.model.Command;
import dev.kvorum.storage.model.Failure;
import dev.kvorum.storage.model.Result;
import dev.kvorum.verticles.service.CallContext;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.StreamResetException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every way to go wrong has an answer, and the connection lives on. */
@Timeout(240)
class GuardTest {
  private static final byte[] PUT_MESSAGE =
      PutRequest.newBuilder()
          .setKey(ByteString.copyFromUtf8("key"))
          .setValue(ByteString.copyFromUtf8("value"))
          .build()
          .toByteArray();

  private final EdgeFixture edge = new EdgeFixture(GrpcLimits.DEFAULT);

  @AfterEach
  void closeEdge() {
    edge.close();
  }

  private void assertStillServes() {
    var reply = edge.call(PUT, frame(PUT_MESSAGE));
    assertThat(reply.status()).isEqualTo("0");
  }

  private void assertRefused(EdgeFixture.Reply reply, GrpcCode code, String text) {
    assertThat(reply.response().statusCode()).isEqualTo(200);
    assertThat(reply.isTrailersOnly()).isTrue();
    assertThat(reply.status()).isEqualTo(Integer.toString(code.number()));
    assertThat(reply.message()).isEqualTo(text);
    assertThat(reply.response().getHeader("content-type")).isEqualTo("application/grpc");
    assertStillServes();
  }

  @Test
  void answersACallWithHeadMessageAndTrailers() {
    var reply = edge.call(PUT, frame(PUT_MESSAGE));

    assertThat(reply.response().statusCode()).isEqualTo(200);
    assertThat(reply.response().getHeader("content-type")).isEqualTo("application/grpc");
    assertThat(reply.response().getHeader("content-length")).isNull();
    assertThat(reply.isTrailersOnly()).isFalse();
    assertThat(reply.status()).isEqualTo("0");
    assertThat(reply.messages()).hasSize(1);
  }

  @Test
  void endOfStreamWithoutAMessageIsInternal() {
    var reply = exchange(edge.open(PUT), HttpClientRequest::end);

    assertRefused(reply, GrpcCode.INTERNAL, "no request message where the method takes one");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 5, 9})
  void truncatedFrameIsInternal(int size) {
    var reply = edge.call(PUT, frame(PUT_MESSAGE).slice(0, size));

    assertRefused(reply, GrpcCode.INTERNAL, "unexpected end of the request inside of a message");
  }

  @Test
  void compressedFlagWithoutEncodingIsInternal() {
    var reply = edge.call(PUT, frame(PUT_MESSAGE).setByte(0, (byte) 1));

    assertRefused(
        reply, GrpcCode.INTERNAL, "grpc: compressed flag set with identity or empty encoding");
  }

  @Test
  void unknownFlagIsInternal() {
    var reply = edge.call(PUT, frame(PUT_MESSAGE).setByte(0, (byte) 7));

    assertRefused(reply, GrpcCode.INTERNAL, "grpc: received unexpected payload format 7");
  }

  @ParameterizedTest
  @ValueSource(strings = {"snappy", "gzip", "deflate", "zstd"})
  void everyEncodingButIdentityIsUnimplemented(String encoding) {
    var reply = edge.call(PUT, frame(PUT_MESSAGE).setByte(0, (byte) 1), "grpc-encoding", encoding);

    assertThat(reply.response().getHeader("grpc-accept-encoding")).isEqualTo("identity");
    assertRefused(
        reply,
        GrpcCode.UNIMPLEMENTED,
        "grpc: Decompressor is not installed for grpc-encoding \"" + encoding + "\"");
  }

  @Test
  void identityEncodingIsServed() {
    assertThat(edge.call(PUT, frame(PUT_MESSAGE), "grpc-encoding", "identity").status())
        .isEqualTo("0");
  }

  @Test
  void badProtobufIsInternal() {
    var reply = edge.call(PUT, frame(new byte[] {0x0a, 0x7f, 1}));

    assertThat(reply.status()).isEqualTo("13");
    assertThat(reply.message()).startsWith("grpc: error unmarshalling request: ");
    assertThat(edge.service.calls).isEmpty();
    assertStillServes();
  }

  @Test
  void badProtobufOfAColdMethodIsInternal() {
    var reply =
        edge.call("/etcdserverpb.Maintenance/HashKV", frame(new byte[] {0x08, (byte) 0xff}));

    assertThat(reply.status()).isEqualTo("13");
    assertThat(reply.message()).startsWith("grpc: error unmarshalling request: ");
    assertStillServes();
  }

  @Test
  void malformedVarintIsInternal() {
    var endless = new byte[16];
    Arrays.fill(endless, (byte) 0xff);
    endless[0] = 0x18;

    var reply = edge.call(PUT, frame(endless));

    assertThat(reply.status()).isEqualTo("13");
    assertThat(reply.message()).startsWith("grpc: error unmarshalling request: ");
    assertStillServes();
  }

  @Test
  void deeplyNestedTransactionIsInternal() {
    var message = new byte[0];
    for (var depth = 0; depth < 10_000; depth++) {
      message = nest(message);
    }

    var reply = edge.call("/etcdserverpb.KV/Txn", frame(message));

    assertThat(reply.status()).isEqualTo("13");
    assertThat(reply.message()).startsWith("grpc: error unmarshalling request: ");
    assertStillServes();
  }

  /** The message as the transaction inside of an operation of a transaction. */
  private static byte[] nest(byte[] txn) {
    return field(2, field(4, txn));
  }

  private static byte[] field(int number, byte[] content) {
    var out = new ByteArrayOutputStream();
    out.write(number << 3 | 2);
    var rest = content.length;
    while (rest >= 0x80) {
      out.write((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
    out.writeBytes(content);
    return out.toByteArray();
  }

  @Test
  void tooLargeMessageIsRefusedByItsLengthAlone() {
    var max = GrpcLimits.DEFAULT.maxMessageBytes();
    var announced = Buffer.buffer().appendByte((byte) 0).appendInt(max + 1);

    // Nothing of the message is sent, and the stream stays open: the length is enough.
    var reply = exchange(edge.open(PUT), request -> request.write(announced));

    assertRefused(
        reply,
        GrpcCode.RESOURCE_EXHAUSTED,
        "grpc: received message larger than max (2097153 vs. 2097152)");
  }

  @Test
  void hugeLengthIsUnsigned() {
    var announced = Buffer.buffer().appendByte((byte) 0).appendInt(-1);

    var reply = exchange(edge.open(PUT), request -> request.write(announced));

    assertRefused(
        reply,
        GrpcCode.RESOURCE_EXHAUSTED,
        "grpc: received message larger than max (4294967295 vs. 2097152)");
  }

  @Test
  void largestMessageIsServed() {
    var value = new byte[GrpcLimits.DEFAULT.maxMessageBytes() - 10];
    var message = field(2, value);
    var padded = Arrays.copyOf(message, GrpcLimits.DEFAULT.maxMessageBytes());
    // The rest is one field of a number that nobody knows.
    padded[message.length] = 0x7a;
    padded[message.length + 1] = (byte) (padded.length - message.length - 2);

    var reply = edge.call(PUT, frame(padded));

    assertThat(reply.status()).isEqualTo("0");
    assertThat(((Command.Put) edge.service.calls.remove().command()).value().size())
        .isEqualTo(value.length);
  }

  @Test
  void unknownServiceHasTheTextOfClientsLibraries() {
    var reply = edge.call("/etcdserverpb.Nothing/Put", frame(PUT_MESSAGE));

    assertRefused(reply, GrpcCode.UNIMPLEMENTED, "unknown service etcdserverpb.Nothing");
  }

  @Test
  void unknownMethodHasTheTextOfClientsLibraries() {
    var reply = edge.call("/etcdserverpb.KV/Nothing", frame(PUT_MESSAGE));

    assertRefused(
        reply, GrpcCode.UNIMPLEMENTED, "unknown method Nothing for service etcdserverpb.KV");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/Put", "/?"})
  void pathWithoutAServiceIsMalformed(String path) {
    var reply = edge.call(path, frame(PUT_MESSAGE));

    assertRefused(reply, GrpcCode.UNIMPLEMENTED, "malformed method name: \"" + path + "\"");
  }

  @Test
  void methodThatIsNotBuiltYetIsUnimplemented() {
    var reply = edge.call("/etcdserverpb.Auth/AuthEnable", frame(new byte[0]));

    assertRefused(reply, GrpcCode.UNIMPLEMENTED, "this member does not serve this method yet");
  }

  @Test
  void streamOfAMethodThatIsNotBuiltYetIsNotLeftOpen() {
    // A client may never say that it is done; it must hear of the refusal all the same.
    var reply =
        exchange(
            edge.open("/etcdserverpb.Maintenance/Snapshot"),
            request -> request.write(frame(new byte[0])));

    assertRefused(reply, GrpcCode.UNIMPLEMENTED, "this member does not serve this method yet");
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/grpc; charset=utf-8", "application/grpc;x=y"})
  void contentTypeMayHaveParameters(String contentType) {
    var request = edge.open(HttpMethod.POST, PUT, contentType);

    var reply = exchange(request, r -> r.end(frame(PUT_MESSAGE)));

    assertThat(reply.status()).isEqualTo("0");
    assertThat(reply.response().getHeader("content-type")).isEqualTo("application/grpc");
  }

  @Test
  void contentSubtypeIsRepeated() {
    var request = edge.open(HttpMethod.POST, PUT, "application/grpc+proto");

    var reply = exchange(request, r -> r.end(frame(PUT_MESSAGE)));

    assertThat(reply.status()).isEqualTo("0");
    assertThat(reply.response().getHeader("content-type")).isEqualTo("application/grpc+proto");
  }

  @Test
  void contentTypeOfAnotherProtocolIsUnsupported() {
    var request = edge.open(HttpMethod.POST, PUT, "application/grpc-web");

    var reply = exchange(request, r -> r.end(frame(PUT_MESSAGE)));

    assertThat(reply.response().statusCode()).isEqualTo(415);
    assertThat(reply.status()).isEqualTo("3");
    assertThat(reply.message())
        .isEqualTo("invalid gRPC request content-type \"application/grpc-web\"");
    assertStillServes();
  }

  @Test
  void otherVerbsAreNotAllowed() {
    var request = edge.open(HttpMethod.PUT, PUT, "application/grpc");

    var reply = exchange(request, r -> r.end(frame(PUT_MESSAGE)));

    assertThat(reply.response().statusCode()).isEqualTo(405);
    assertThat(reply.status()).isEqualTo("13");
    assertStillServes();
  }

  @Test
  void secondMessageOfAUnaryCallIsInternal() {
    var reply = edge.call(PUT, frame(PUT_MESSAGE).appendBuffer(frame(PUT_MESSAGE)));

    assertRefused(reply, GrpcCode.INTERNAL, "a second request message where the method takes one");
    assertThat(edge.service.calls).as("only the call that checks").hasSize(1);
  }

  @Test
  void secondMessageOfAStreamedRangeIsInternal() {
    var twice = frame(new byte[0]).appendBuffer(frame(new byte[0]));

    var reply = edge.call("/etcdserverpb.KV/RangeStream", twice);

    assertRefused(reply, GrpcCode.INTERNAL, "a second request message where the method takes one");
  }

  @Test
  void messageMayArriveByteByByte() {
    var framed = frame(PUT_MESSAGE);

    var reply =
        exchange(
            edge.open(PUT),
            request -> {
              for (var i = 0; i < framed.length(); i++) {
                request.write(framed.slice(i, i + 1));
              }
              request.end();
            });

    assertThat(reply.status()).isEqualTo("0");
    assertThat(edge.service.calls.remove().body()).isEqualTo(Bytes.wrap(PUT_MESSAGE));
  }

  @Test
  void bodyIsHandedOverAsTheClientWroteIt() {
    edge.call(PUT, frame(PUT_MESSAGE));

    var call = edge.service.calls.remove();
    assertThat(call.body()).isEqualTo(Bytes.wrap(PUT_MESSAGE));
    assertThat(call.command())
        .isEqualTo(new Command.Put(Bytes.utf8("key"), Bytes.utf8("value"), 0, false, false, false));
  }

  @Test
  void failureIsATrailersOnlyAnswerWithItsExactText() {
    edge.service.script = FakeService.Script.of(new Result.Failed(Failure.TIMEOUT_CONNECTION_LOST));

    var reply = edge.call(PUT, frame(PUT_MESSAGE));

    assertThat(reply.isTrailersOnly()).isTrue();
    assertThat(reply.status()).isEqualTo("14");
    assertThat(reply.message())
        .isEqualTo("etcdserver: request timed out, possibly due to connection lost");
  }

  @Test
  void handlerThatThrowsAnswersInternalAndTellsNothing() {
    edge.service.script =
        call -> {
          throw new IllegalStateException("a secret of the house");
        };

    var reply = edge.call(PUT, frame(PUT_MESSAGE));

    assertThat(reply.status()).isEqualTo("13");
    assertThat(reply.message()).isEqualTo("internal error");
    edge.service.script = FakeService.Script.of(new Result.Put(8, null));
    assertStillServes();
  }

  @Test
  void messageIsPercentEncodedInTheAnswer() {
    var reply = edge.call("/etcdserverpb.KV/100%25é", frame(PUT_MESSAGE));

    assertThat(reply.message())
        .matches("unknown method [ -~]+ for service etcdserverpb\\.KV")
        .contains("100%2525");
  }

  @Test
  void deadlineAnswersWhileTheServiceIsStillAtIt() {
    edge.service.script = FakeService.Script.HOLD;

    var reply = edge.call(PUT, frame(PUT_MESSAGE), "grpc-timeout", "300m");

    assertRefusedBySlowness(reply);
    // The answer that comes too late goes nowhere.
    var call = edge.service.calls.remove();
    edge.vertx.runOnContext(ignored -> call.answer().accept(new Result.Put(8, null)));
    edge.service.script = FakeService.Script.of(new Result.Put(8, null));
    assertStillServes();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0n", "1n", "200u", "0S"})
  void deadlineBelowAMillisecondIsADeadline(String timeout) {
    edge.service.script = FakeService.Script.HOLD;

    assertRefusedBySlowness(edge.call(PUT, frame(PUT_MESSAGE), "grpc-timeout", timeout));
  }

  @Test
  void deadlineHoldsForAClientThatNeverSendsItsMessage() {
    var reply = exchange(edge.open(PUT, "grpc-timeout", "20m"), HttpClientRequest::sendHead);

    assertRefusedBySlowness(reply);
  }

  private static void assertRefusedBySlowness(EdgeFixture.Reply reply) {
    assertThat(reply.status()).isEqualTo("4");
    assertThat(reply.message()).isEqualTo("context deadline exceeded");
  }

  @Test
  void deadlineReachesTheService() {
    var before = System.nanoTime();
    edge.call(PUT, frame(PUT_MESSAGE), "grpc-timeout", "1H");
    var after = System.nanoTime();

    assertThat(edge.service.calls.remove().context().deadlineNanos())
        .isBetween(before + Duration.ofHours(1).toNanos(), after + Duration.ofHours(1).toNanos());
  }

  @Test
  void endlessDeadlineIsNone() {
    edge.call(PUT, frame(PUT_MESSAGE), "grpc-timeout", "99999999H");

    assertThat(edge.service.calls.remove().context()).isEqualTo(CallContext.PLAIN);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "S", "1x", "-1S", "123456789S", "1.5S", ""})
  void malformedDeadlineIsInternal(String timeout) {
    var reply = edge.call(PUT, frame(PUT_MESSAGE), "grpc-timeout", timeout);

    assertThat(reply.response().statusCode()).isEqualTo(400);
    assertThat(reply.status()).isEqualTo("13");
    assertThat(reply.message()).startsWith("malformed grpc-timeout: ");
    assertStillServes();
  }

  @Test
  void requirementOfALeaderReachesTheService() {
    edge.call(PUT, frame(PUT_MESSAGE), "hasleader", "true");
    edge.call(PUT, frame(PUT_MESSAGE), "hasleader", "TRUE");

    assertThat(edge.service.calls.remove().context().requireLeader()).isTrue();
    assertThat(edge.service.calls.remove().context().requireLeader()).isFalse();
  }

  @Test
  void clientApiVersionThatIsNoTextIsInvalid() {
    var notUtf8 = new String(new byte[] {'3', (byte) 0xff}, StandardCharsets.ISO_8859_1);

    var reply = edge.call(PUT, frame(PUT_MESSAGE), "client-api-version", notUtf8);

    assertRefused(reply, GrpcCode.INVALID_ARGUMENT, "etcdserver: invalid client api version");
  }

  @Test
  void clientApiVersionIsCounted() {
    edge.call(PUT, frame(PUT_MESSAGE), "client-api-version", "3.7");

    assertThat(edge.observer.events)
        .containsExactly("started Put 3.7", "received Put 12", "sent Put 28", "handled Put OK");
  }

  @Test
  void resetOfTheClientEndsTheCall() throws InterruptedException {
    edge.service.script = FakeService.Script.HOLD;
    var request = edge.open(PUT);
    get(request.end(frame(PUT_MESSAGE)));
    var call = edge.service.calls.poll(60, TimeUnit.SECONDS);

    request.reset(8);

    assertThat(edge.observer.ends.poll(60, TimeUnit.SECONDS)).isEqualTo(GrpcCode.CANCELED);
    edge.vertx.runOnContext(ignored -> call.answer().accept(new Result.Put(8, null)));
    edge.service.script = FakeService.Script.of(new Result.Put(8, null));
    assertStillServes();
  }

  @Test
  void resetInTheMiddleOfAMessageEndsTheCall() throws InterruptedException {
    var request = edge.open(PUT);
    get(request.write(frame(PUT_MESSAGE).slice(0, 8)));

    request.reset(8);

    assertThat(edge.observer.ends.poll(60, TimeUnit.SECONDS)).isEqualTo(GrpcCode.CANCELED);
    assertThat(edge.service.calls).isEmpty();
    assertStillServes();
  }

  @Test
  void lossOfTheConnectionEndsTheCall() throws InterruptedException {
    edge.service.script = FakeService.Script.HOLD;
    var request = edge.open(PUT);
    get(request.end(frame(PUT_MESSAGE)));
    edge.service.calls.poll(60, TimeUnit.SECONDS);

    request.connection().close();

    assertThat(edge.observer.ends.poll(60, TimeUnit.SECONDS)).isEqualTo(GrpcCode.CANCELED);
  }

  @Test
  void manyHeaderFieldsAreFine() {
    var request = edge.open(PUT);
    for (var i = 0; i < 500; i++) {
      request.putHeader("x-field-" + i, "value-" + "v".repeat(80));
    }

    assertThat(exchange(request, r -> r.end(frame(PUT_MESSAGE))).status()).isEqualTo("0");
  }

  private static Map<String, String> putFields(int paddingBytes) {
    var fields = new LinkedHashMap<String, String>();
    fields.put(":method", "POST");
    fields.put(":scheme", "http");
    fields.put(":path", PUT);
    fields.put(":authority", "localhost");
    fields.put("content-type", "application/grpc");
    fields.put("x-padding", "p".repeat(paddingBytes));
    return fields;
  }

  @Test
  void tooManyHeaderFieldsHurtTheirOwnStreamOnly() throws IOException {
    // No client library sends more than the server's settings allow.
    try (var raw = new RawHttp2(edge.port)) {
      raw.headers(1, putFields(GrpcLimits.DEFAULT.maxHeaderBytes()));
      raw.lastData(1, frame(PUT_MESSAGE).getBytes());
      raw.headers(3, putFields(0));
      raw.lastData(3, frame(PUT_MESSAGE).getBytes());

      assertThat(raw.awaitEndOf(1).stream()).isEqualTo(1);
      assertThat(raw.awaitEndOf(3).type()).isEqualTo(RawHttp2.HEADERS);
      assertThat(edge.service.calls).hasSize(1);
    }
  }

  @Test
  void headerFieldsFarBeyondTheLimitEndTheConnection() throws IOException {
    try (var raw = new RawHttp2(edge.port)) {
      raw.headers(1, putFields(2 * GrpcLimits.DEFAULT.maxHeaderBytes()));

      assertThat(raw.awaitEndOf(1).type()).isEqualTo(RawHttp2.GOAWAY);
    } catch (SocketException endedWhileWriting) {
      // The server need not wait for the rest before it ends the connection.
      assertThat(endedWhileWriting).hasMessageMatching("Broken pipe|Connection reset.*");
    }
    assertStillServes();
  }

  @Test
  void unfinishedRequestThatIsRefusedIsStoppedWithoutAnError() {
    var request = edge.open("/etcdserverpb.KV/Nothing");
    var stopped = new CompletableFuture<Long>();
    request.exceptionHandler(
        failure -> {
          if (failure instanceof StreamResetException reset) {
            stopped.complete(reset.getCode());
          }
        });

    var reply = exchange(request, HttpClientRequest::sendHead);

    assertThat(reply.status()).isEqualTo("12");
    assertThat(stopped).succeedsWithin(Duration.ofSeconds(60)).isEqualTo(0L);
  }

  @Test
  void plainRequestsOfBothVersionsShareThePort() {
    var overHttp2 = edge.open(HttpMethod.GET, "/version", "text/plain");

    assertThat(exchange(overHttp2, HttpClientRequest::end).body()).hasToString("plain HTTP_2");
    assertThat(overHttp1(new HttpClientOptions(), "text/plain")).isEqualTo("plain HTTP_1_1");
    assertThat(
            overHttp1(
                new HttpClientOptions()
                    .setProtocolVersion(HttpVersion.HTTP_2)
                    .setHttp2ClearTextUpgrade(true),
                "text/plain"))
        .isEqualTo("plain HTTP_2");
  }

  @Test
  void grpcNeedsHttp2() {
    assertThat(overHttp1(new HttpClientOptions(), "application/grpc")).isEqualTo("plain HTTP_1_1");
  }

  @Test
  void callMayComeByAnUpgradeFromHttp1() {
    var client =
        edge.vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(true));
    var request = get(client.request(HttpMethod.POST, edge.port, "127.0.0.1", PUT));
    request.putHeader("content-type", "application/grpc");

    var reply = exchange(request, r -> r.end(frame(PUT_MESSAGE)));

    assertThat(reply.status()).isEqualTo("0");
  }

  private String overHttp1(HttpClientOptions options, String contentType) {
    var client = edge.vertx.createHttpClient(options);
    var request = get(client.request(HttpMethod.GET, edge.port, "127.0.0.1", "/version"));
    request.putHeader("content-type", contentType);
    return exchange(request, HttpClientRequest::end).body().toString();
  }
}
