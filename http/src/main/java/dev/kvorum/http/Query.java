package dev.kvorum.http;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The parameters behind the question mark. What cannot be decoded counts as absent. */
record Query(MultiMap parameters) {
  static Query of(HttpServerRequest request) {
    try {
      return new Query(request.params());
    } catch (IllegalArgumentException _) {
      return new Query(MultiMap.caseInsensitiveMultiMap());
    }
  }

  @Nullable String first(String name) {
    return parameters.get(name);
  }

  List<String> all(String name) {
    return parameters.getAll(name);
  }
}
