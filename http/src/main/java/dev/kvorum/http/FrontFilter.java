package dev.kvorum.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;

/**
 * What every HTTP request passes before its page is looked up (contract, plain HTTP, section 2).
 */
final class FrontFilter {
  private static final int MISDIRECTED = 421;
  private static final String REBINDING =
      "the Host header does not name this server (--host-whitelist), which may be a DNS rebinding"
          + " attack: see CVE-2018-5702";

  private final HttpSettings settings;

  FrontFilter(HttpSettings settings) {
    this.settings = settings;
  }

  /** Returns whether the request goes on to its page; otherwise it has been answered. */
  boolean passes(HttpServerRequest request) {
    if (!request.isSSL() && !isKnownHost(request)) {
      Answers.refuse(request, MISDIRECTED, REBINDING);
      return false;
    }
    allowOrigin(request);
    if (request.method().equals(HttpMethod.OPTIONS)) {
      request.response().end();
      return false;
    }
    return true;
  }

  private boolean isKnownHost(HttpServerRequest request) {
    var whitelist = settings.hostWhitelist();
    if (whitelist.isEmpty() || whitelist.contains(HttpSettings.ANY)) {
      return true;
    }
    var authority = request.authority();
    return authority != null && whitelist.contains(withoutBrackets(authority.host()));
  }

  private static String withoutBrackets(String host) {
    return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
  }

  private void allowOrigin(HttpServerRequest request) {
    var origins = settings.corsOrigins();
    var origin = request.getHeader(HttpHeaders.ORIGIN);
    String allowed;
    if (origins.contains(HttpSettings.ANY)) {
      allowed = HttpSettings.ANY;
    } else if (origin != null && origins.contains(origin)) {
      allowed = origin;
    } else {
      return;
    }
    request
        .response()
        .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, "POST, GET, OPTIONS, PUT, DELETE")
        .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, allowed)
        .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, "accept, content-type, authorization");
  }
}
