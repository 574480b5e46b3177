package dev.kvorum.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;

/** Answers in the shapes that etcd's HTTP library gives them. */
final class Answers {
  static final String TEXT = "text/plain; charset=utf-8";
  static final String JSON = "application/json";

  private static final int METHOD_NOT_ALLOWED = 405;
  private static final int NOT_FOUND = 404;

  private Answers() {}

  static void send(HttpServerRequest request, int status, String contentType, Buffer body) {
    var response = request.response();
    response.setStatusCode(status);
    response.putHeader(HttpHeaders.CONTENT_TYPE, contentType);
    if (request.method().equals(HttpMethod.HEAD)) {
      response.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length()));
      response.end();
    } else {
      response.end(body);
    }
  }

  static void send(HttpServerRequest request, int status, String contentType, String body) {
    send(request, status, contentType, Buffer.buffer(body));
  }

  /** A refusal: text with a newline, which a browser must not take for anything else. */
  static void refuse(HttpServerRequest request, int status, String text) {
    request.response().putHeader("X-Content-Type-Options", "nosniff");
    send(request, status, TEXT, text + "\n");
  }

  static void notFound(HttpServerRequest request) {
    refuse(request, NOT_FOUND, "404 page not found");
  }

  /** Refuses everything but GET; returns whether the request may go on. */
  static boolean allowsGetOnly(HttpServerRequest request) {
    if (request.method().equals(HttpMethod.GET)) {
      return true;
    }
    request.response().putHeader(HttpHeaders.ALLOW, HttpMethod.GET.name());
    refuse(request, METHOD_NOT_ALLOWED, "Method Not Allowed");
    return false;
  }
}
